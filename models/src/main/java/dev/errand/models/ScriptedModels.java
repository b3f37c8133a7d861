package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.job.ModelException;
import dev.errand.spi.ModelProvider;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/// Finds scripted models: `scripted:FILE.yaml`, read anew for each turn.
public final class ScriptedModels implements ModelProvider {
  /// For `java.util.ServiceLoader`.
  public ScriptedModels() {}

  @Override
  public String provider() {
    return "scripted";
  }

  @Override
  public Model model(String name) {
    try {
      return ScriptedModel.read(Path.of(name));
    } catch (InvalidPathException noPath) {
      throw new ModelException("'" + name + "' is no file name; write scripted:FILE.yaml", noPath);
    }
  }
}
