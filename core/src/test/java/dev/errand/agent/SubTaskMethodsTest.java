package dev.errand.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.errand.job.Json;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What becomes of methods that are annotated as subtask factories when an agent is built.
@SuppressWarnings({"UnusedMethod", "UnusedVariable"}) // what is annotated is found by reflection
class SubTaskMethodsTest {
  private static final SubTaskSpec ANY = SubTaskSpec.of("any");

  private static void refused(Object owner, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Agent.named("boss").subTasks(owner))
        .withMessageContaining(why);
  }

  private static SubTaskFactory only(Object owner) {
    return Agent.named("boss").subTasks(owner).build().subTasks().getFirst();
  }

  @Test
  void names_are_written_the_python_way() {
    var factory =
        only(
            new Object() {
              @SubTask("Reads.")
              SubTaskSpec readHTMLPage2(String pageUrl, int maxKB, @Nullable List<String> x1y) {
                return ANY;
              }
            });
    assertThat(factory.name()).isEqualTo("read_html_page2");
    assertThat(factory.parameters()).containsExactly("page_url", "max_kb", "x1y?");
    assertThat(factory.description()).isEqualTo("Reads.");
  }

  @Test
  void types_are_those_of_what_python_gives() {
    assertThat(
            only(new Object() {
                  @SubTask("")
                  SubTaskSpec all(
                      String a,
                      LocalDate b,
                      Thread.State c,
                      long d,
                      BigDecimal e,
                      boolean f,
                      List<Integer> g,
                      int[] h,
                      Map<String, Integer> i,
                      Json j,
                      Object k) {
                    return ANY;
                  }
                })
                .types())
        .containsExactly(
            "str", "str", "str", "int", "float", "bool", "list", "list", "dict", "object",
            "object");
  }

  @Test
  void an_agent_lists_them_after_its_tools_and_by_name() {
    var tool = ToolFunction.of("zero", "", List.of(), call -> null);
    var desk =
        new Object() {
          @SubTask("")
          SubTaskSpec second() {
            return ANY;
          }

          @SubTask("")
          SubTaskSpec first() {
            return ANY;
          }
        };
    assertThat(Agent.named("boss").subTasks(desk).tools(tool).build().spec().tools())
        .containsExactly("zero", "first", "second");
  }

  @Test
  void an_object_without_such_a_method_is_refused() {
    refused("text", "java.lang.String has no method with @SubTask");
  }

  @Test
  void the_id_is_reserved() {
    refused(
        new Object() {
          @SubTask("")
          SubTaskSpec ask(String id) {
            return ANY;
          }
        },
        "ask with @SubTask cannot define parameter 'id'");
  }

  @Test
  void another_return_type_is_refused() {
    refused(
        new Object() {
          @SubTask("")
          String ask() {
            return "";
          }
        },
        "ask with @SubTask returns a String, not a SubTaskSpec");
  }

  @Test
  void a_name_that_means_something_else_in_python_is_refused() {
    refused(
        new Object() {
          @SubTask("")
          SubTaskSpec ask(LocalDate from) {
            return ANY;
          }
        },
        "'from' is no name there");
    refused(
        new Object() {
          @SubTask("")
          SubTaskSpec _ask() {
            return ANY;
          }
        },
        "'_ask' is no name there");
    refused(
        new Object() {
          @SubTask("")
          SubTaskSpec ask(String dataSet, String data_set) {
            return ANY;
          }
        },
        "two parameters that are called the same in Python");
  }

  @Test
  void an_optional_parameter_before_a_required_one_is_refused() {
    refused(
        new Object() {
          @SubTask("")
          SubTaskSpec ask(@Nullable String first, String second) {
            return ANY;
          }
        },
        "has a @Nullable parameter before one that is required");
  }

  @Test
  void a_shared_object_is_taken_as_what_it_is_shared_by() {
    refused(
        new Object() {
          @SubTask("")
          SubTaskSpec ask(dev.errand.Durable thing) {
            return ANY;
          }
        },
        "cannot take a Durable; let it take a Shared");
  }

  @Test
  void a_name_is_taken_once_whichever_comes_first() {
    var tool = ToolFunction.of("ask", "", List.of(), call -> null);
    var desk =
        new Object() {
          @SubTask("")
          SubTaskSpec ask() {
            return ANY;
          }
        };
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Agent.named("boss").tools(tool).subTasks(desk))
        .withMessage("Agent boss has a tool ask already");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Agent.named("boss").subTasks(desk).tools(tool))
        .withMessage("Agent boss has a tool ask already");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Agent.named("boss").subTasks(desk, desk))
        .withMessage("Agent boss has a tool ask already");
  }

  @Test
  void a_method_of_a_base_class_counts_once() {
    class Base {
      @SubTask("base")
      SubTaskSpec ask() {
        return ANY;
      }
    }
    class Derived extends Base {
      @Override
      @SubTask("derived")
      SubTaskSpec ask() {
        return ANY;
      }
    }
    assertThat(Agent.named("boss").subTasks(new Derived()).build().subTasks())
        .singleElement()
        .extracting(SubTaskFactory::description)
        .isEqualTo("derived");
  }

  @Test
  void a_spec_is_plain_data_of_what_was_given() {
    record Count(int items) {}
    assertThat(
            SubTaskSpec.of("counter")
                .id("c")
                .var("text", "a b")
                .param("unit", "words")
                .code("one()")
                .code("two()")
                .message("Count.")
                .locale("pl-PL")
                .timeout(Duration.ofSeconds(2))
                .resultType(Count.class)
                .form()
                .print())
        .isEqualTo(
            """
            {"agent":"counter","id":"c","vars":{"text":"a b"},"params":{"unit":"words"},\
            "code":["one()","two()"],"message":"Count.","locale":"pl-PL","millis":2000,\
            "schema":{"type":"object","properties":{"items":{"type":"integer"}},\
            "required":["items"],"additionalProperties":false}}\
            """);
  }

  @Test
  void bad_input_is_refused_where_it_is_given() {
    assertThatIllegalArgumentException().isThrownBy(() -> SubTaskSpec.of(" "));
    assertThatIllegalArgumentException().isThrownBy(() -> ANY.var("not a name", 1));
    assertThatIllegalArgumentException().isThrownBy(() -> ANY.var("__secret", 1));
    assertThatIllegalArgumentException().isThrownBy(() -> ANY.var("x", Double.NaN));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ANY.var("x", Map.of("errand:object", "guess")));
    assertThatIllegalArgumentException().isThrownBy(() -> ANY.code("#STATEK: nonsense"));
    assertThatIllegalArgumentException().isThrownBy(() -> ANY.timeout(Duration.ZERO));
    assertThat(ANY.timeout(Duration.ofNanos(1)).form().number("millis")).contains(1L);
  }
}
