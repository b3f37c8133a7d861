package dev.errand.cli;

import dev.errand.Errand;
import dev.errand.cli.http.Call;
import dev.errand.cli.http.HttpRefusal;
import dev.errand.cli.http.Route;
import dev.errand.job.Json;
import java.util.List;
import java.util.Set;

/// What can be asked of a store by HTTP: the same as with the commands, in the same JSON.
final class Routes {
  private final Errand errand;

  private Routes(Errand errand) {
    this.errand = errand;
  }

  static List<Route> of(Errand errand) {
    var routes = new Routes(errand);
    return List.of(
        Route.get("/jobs/{id}", routes::show),
        Route.get("/jobs/{id}/budget", routes::budget),
        Route.get("/inbox", routes::inbox),
        Route.get("/jobs/{id}/inbox", routes::inboxOf),
        Route.post("/approvals/{id}", routes::approve),
        Route.get("/callbacks", routes::callbacks),
        Route.get("/jobs/{id}/callbacks", routes::callbacksOf),
        Route.post("/jobs/{id}/messages", routes::say),
        Route.post("/jobs/{id}/cancellation", routes::cancel),
        Route.post("/jobs/{id}/callbacks/{name}", routes::answer));
  }

  private Json show(Call call) {
    return Standing.shown(errand, errand.job(call.part("id")).record());
  }

  private Json budget(Call call) {
    return BudgetTable.of(errand, errand.job(call.part("id"))).json();
  }

  private Json callbacks(Call call) {
    return Inbox.ofCallbacks(errand, errand.callbacks()).json();
  }

  private Json inbox(Call call) {
    return Inbox.of(errand).json();
  }

  private Json inboxOf(Call call) {
    return Inbox.of(errand, errand.job(call.part("id"))).json();
  }

  private Json approve(Call call) {
    call.allow(Set.of("allow", "by", "reason"));
    var body = call.body();
    if (!(body.get("allow").orElse(null) instanceof Json.Bool(var isAllowed))) {
      throw HttpRefusal.badRequest("\"allow\" is to be true or false");
    }
    var question = errand.job(call.part("id")).id();
    var permission =
        new Permission(isAllowed, body.text("by").orElse("HTTP"), body.text("reason").orElse(""));
    permission.on(errand, question);
    return permission.json(question);
  }

  private Json callbacksOf(Call call) {
    return Inbox.ofCallbacks(errand, errand.job(call.part("id")).callbacks()).json();
  }

  private Json say(Call call) {
    call.allow(Set.of("text"));
    var text =
        call.body()
            .text("text")
            .filter(words -> !words.isBlank())
            .orElseThrow(() -> HttpRefusal.badRequest("\"text\" is to be the message"));
    var job = errand.job(call.part("id"));
    return SayCommand.said(job.id().text(), job.say(text));
  }

  private Json cancel(Call call) {
    call.allow(Set.of("reason", "how"));
    var strength =
        switch (call.body().text("how").orElse("cancel")) {
          case "ask" -> Strength.ASK;
          case "cancel" -> Strength.CANCEL;
          case "kill" -> Strength.KILL;
          case String other ->
              throw HttpRefusal.badRequest("\"how\" is to be ask, cancel or kill, not " + other);
        };
    var reason = call.body().text("reason").orElse("by HTTP");
    return strength.apply(errand.job(call.part("id")), reason);
  }

  private Json answer(Call call) {
    var answer = answer(call, call.body());
    var job = errand.job(call.part("id"));
    answer.to(job, call.part("name"));
    return answer.json(job, call.part("name"));
  }

  private static Answer answer(Call call, Json.Object body) {
    call.allow(Set.of("value", "error"));
    if (body.members().size() != 1) {
      throw HttpRefusal.badRequest("give \"value\", the answer, or \"error\", why there is none");
    }
    var value = body.members().get("value");
    if (value != null) {
      return new Answer.Given(value);
    }
    return body.text("error")
        .map(Answer.Refused::new)
        .orElseThrow(() -> HttpRefusal.badRequest("\"error\" is to be text"));
  }
}
