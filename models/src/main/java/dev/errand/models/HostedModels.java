package dev.errand.models;

import dev.errand.agent.Model;
import dev.errand.job.ModelException;
import dev.errand.spi.ModelProvider;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The models of one service, by the variables of an environment. Each is made once; all jobs of
/// the process share it.
class HostedModels implements ModelProvider {
  private static final String PRICES = "ERRAND_PRICES";

  private final Service service;
  private final Map<String, String> environment;
  private final Retries retries;
  private final Map<String, Model> models = new ConcurrentHashMap<>();

  HostedModels(Service service, Map<String, String> environment, Retries retries) {
    this.service = service;
    this.environment = environment;
    this.retries = retries;
  }

  /// By the environment of this process.
  HostedModels(Service service) {
    this(service, System.getenv(), Retries.STANDARD);
  }

  @Override
  public String provider() {
    return service.name();
  }

  @Override
  public Model model(String words) {
    return models.computeIfAbsent(words, this::made);
  }

  @Override
  public String toString() {
    return service.name();
  }

  private Model made(String words) {
    var model = ModelName.of(service, words);
    return HostedModel.of(service, model, service.endpoint(environment), prices(), retries);
  }

  private Prices prices() {
    var file = environment.getOrDefault(PRICES, "");
    try {
      return file.isBlank() ? Prices.known() : Prices.known().read(Path.of(file));
    } catch (InvalidPathException noPath) {
      throw new ModelException(PRICES + " holds no file name: " + file, noPath);
    }
  }
}
