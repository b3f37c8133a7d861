package dev.errand.benchmarks;

import dev.errand.agent.Agent;
import dev.errand.agent.Model;
import dev.errand.agent.ToolFunction;
import dev.errand.job.ChatStyle;
import dev.errand.job.EffectPolicy;
import dev.errand.job.Json;
import dev.errand.job.Limits;
import dev.errand.job.ToolCall;
import dev.errand.job.Usage;
import java.util.List;

/// What a turn of a model is: a call of a tool, or a line of Python.
enum Turner {
  READ("READ_ONLY tool"),
  WRITE("IDEMPOTENT tool, journalled"),
  PYTHON("line of Python");

  private static final Usage PRICE = new Usage(1, 100, 10, 100);

  private final String title;

  Turner(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }

  /// An agent whose model takes so many turns of this kind and then says its last word.
  Agent agent(String name, int turns) {
    return agent(name, turns, request -> reply(request, turns, "it"), "found").build();
  }

  /// One whose model is given; its tool returns `result`.
  Agent.Builder agent(String name, int turns, Model model, String result) {
    var agent = Agent.named(name).limits(Limits.DEFAULT.withTurns(turns + 1)).model(model);
    return switch (this) {
      case READ -> agent.style(ChatStyle.DIRECT).tools(tool(result, EffectPolicy.READ_ONLY));
      case WRITE -> agent.style(ChatStyle.DIRECT).tools(tool(result, EffectPolicy.IDEMPOTENT));
      case PYTHON -> agent.style(ChatStyle.MD_DIALOG);
    };
  }

  private static ToolFunction tool(String result, EffectPolicy policy) {
    return ToolFunction.of("look", "Looks for something.", List.of("what"), call -> result)
        .policy(policy);
  }

  /// The reply of a model that takes so many turns.
  Model.Reply reply(Model.Request request, int turns, String what) {
    int n = request.replies();
    if (n == turns) {
      return new Model.Reply("Done.", PRICE);
    }
    if (this == PYTHON) {
      return new Model.Reply("```python\nx = " + n + "\n```", PRICE);
    }
    var call = new ToolCall("call_" + n, "look", Json.object("what", what));
    return new Model.Reply("", List.of(call), false, PRICE);
  }
}
