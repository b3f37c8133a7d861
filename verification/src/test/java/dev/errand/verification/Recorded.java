package dev.errand.verification;

import dev.errand.agent.Model;
import dev.errand.models.ScriptedModel;
import java.util.List;

/// Models of which a test sees what they were asked.
public final class Recorded {
  private Recorded() {}

  /// A model that gives these replies in order, and adds what it is asked to a list.
  public static Model replying(List<Model.Request> asked, String... replies) {
    var script = ScriptedModel.replying(replies);
    return request -> {
      asked.add(request);
      return script.reply(request);
    };
  }

  /// A reply of nothing but code.
  public static String python(String code) {
    return "```python\n" + code + "\n```\n";
  }
}
