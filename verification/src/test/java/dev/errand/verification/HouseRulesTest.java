package dev.errand.verification;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static dev.errand.verification.House.AGENT;
import static dev.errand.verification.House.CLASSES;
import static dev.errand.verification.House.CORE;
import static dev.errand.verification.House.ENGINE;
import static dev.errand.verification.House.JOB;
import static dev.errand.verification.House.PORCH;
import static dev.errand.verification.House.SPI;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Who may lean on whom, and the manners everyone keeps.
///
/// A rule over a package that does not exist yet holds; that the import saw every class there is,
/// is a rule of its own.
class HouseRulesTest {
  private static final List<String> NOUNS = List.of(JOB, AGENT);
  private static final List<String> SOCKETS = List.of(SPI, JOB, AGENT);
  private static final List<String> PLUGS =
      List.of(
          "dev.errand.jdbc",
          "dev.errand.python",
          "dev.errand.graalpy",
          "dev.errand.models",
          "dev.errand.agents",
          "dev.errand.mcp");

  /// For each part of the house, the other parts it may know. A part is a package with all below
  /// it; the porch is its own package only.
  private static final Map<String, List<String>> MAY_KNOW =
      Map.ofEntries(
          Map.entry(JOB, List.of()),
          Map.entry(AGENT, List.of(JOB)),
          Map.entry(SPI, NOUNS),
          Map.entry(ENGINE, SOCKETS),
          Map.entry(PORCH, List.of(ENGINE, SPI, JOB, AGENT)),
          Map.entry("dev.errand.jdbc", SOCKETS),
          Map.entry("dev.errand.python", SOCKETS),
          // The same driver in another interpreter: it stands on the plug that has the driver.
          Map.entry("dev.errand.graalpy", with(SOCKETS, "dev.errand.python")),
          Map.entry("dev.errand.models", SOCKETS),
          Map.entry("dev.errand.agents", NOUNS),
          Map.entry("dev.errand.mcp", SOCKETS),
          Map.entry("dev.errand.testkit", List.of(PORCH, SPI, JOB, AGENT, "dev.errand.models")),
          Map.entry("dev.errand.cli", room()),
          Map.entry("dev.errand.dashboard", room()),
          Map.entry("dev.errand.spring", room()),
          Map.entry("dev.errand.examples", room()),
          Map.entry("dev.errand.benchmarks", room()));

  /// For each package of a library, the one part that may use it.
  private static final Map<String, String> ONLY_USED_BY =
      Map.ofEntries(
          Map.entry("java.sql", "dev.errand.jdbc"),
          Map.entry("org.sqlite", "dev.errand.jdbc"),
          Map.entry("org.graalvm", "dev.errand.graalpy"),
          Map.entry("picocli", "dev.errand.cli"),
          Map.entry("org.fusesource.jansi", "dev.errand.cli"),
          Map.entry("org.jsoup", "dev.errand.agents"),
          Map.entry("dev.langchain4j", "dev.errand.models"),
          Map.entry("io.modelcontextprotocol", "dev.errand.mcp"),
          Map.entry("reactor", "dev.errand.mcp"),
          Map.entry("org.junit", "dev.errand.testkit"),
          Map.entry("com.ongres", "dev.errand.testkit"));

  /// Classes that may use a library all the same. A benchmark reads what the database says about
  /// itself, which no store tells.
  private static final Set<String> USE_IT_ALL_THE_SAME =
      Set.of("dev.errand.benchmarks.DatabaseStatistics");

  private static final List<String> MUST_BE_THERE =
      List.of(
          JOB,
          AGENT,
          SPI,
          ENGINE,
          PORCH,
          "dev.errand.jdbc",
          "dev.errand.python",
          "dev.errand.graalpy",
          "dev.errand.models",
          "dev.errand.agents",
          "dev.errand.mcp",
          "dev.errand.testkit",
          "dev.errand.cli",
          "dev.errand.examples",
          "dev.errand.benchmarks");

  private static final Set<String> MAY_PRINT =
      Set.of("dev.errand.cli", "dev.errand.examples", "dev.errand.benchmarks");

  private static List<String> with(List<String> parts, String more) {
    return Stream.concat(parts.stream(), Stream.of(more)).toList();
  }

  private static List<String> room() {
    return Stream.of(List.of(PORCH), SOCKETS, PLUGS).flatMap(List::stream).toList();
  }

  @Test
  void these_rules_see_the_whole_house() {
    var seen = House.importedNames();
    assertThat(House.namesOnDisk())
        .hasSizeGreaterThan(50)
        .filteredOn(name -> !seen.contains(name))
        .as("sources whose class the rules did not see; is their module one of verification's?")
        .isEmpty();
    assertThat(CLASSES.stream().map(JavaClass::getPackageName)).containsAll(MUST_BE_THERE);
  }

  @Test
  void every_class_has_its_part_of_the_house() {
    assertThat(CLASSES.stream().filter(type -> !MAY_KNOW.containsKey(partOf(type))))
        .as("classes in no part of the house; a new part needs a line in MAY_KNOW")
        .isEmpty();
  }

  static Stream<Arguments> parts() {
    return MAY_KNOW.entrySet().stream().map(part -> Arguments.of(part.getKey(), part.getValue()));
  }

  @ParameterizedTest(name = "{0} knows only {1}")
  @MethodSource("parts")
  void calls_go_down(String part, List<String> known) {
    classes()
        .that(belongTo(part))
        .should()
        .onlyDependOnClassesThat(
            resideOutsideOfPackage("dev.errand..").or(belongTo(part)).or(belongToAny(known)))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void packages_have_no_cycles() {
    slices().assignedFrom(packages()).should().beFreeOfCycles().check(CLASSES);
  }

  static Stream<Arguments> libraries() {
    return ONLY_USED_BY.entrySet().stream()
        .map(library -> Arguments.of(library.getKey(), library.getValue()));
  }

  @ParameterizedTest(name = "{0} is used by {1} only")
  @MethodSource("libraries")
  void a_library_is_used_where_it_belongs(String library, String part) {
    noClasses()
        .that(DescribedPredicate.not(belongTo(part)))
        .and(
            DescribedPredicate.describe(
                "have no reason",
                (JavaClass type) -> !USE_IT_ALL_THE_SAME.contains(type.getName())))
        .should()
        .dependOnClassesThat(resideInAPackage(library + ".."))
        .check(CLASSES);
  }

  @Test
  void time_is_read_by_the_system_clock_only() {
    noClasses()
        .that(
            DescribedPredicate.describe(
                "are not the SystemClock",
                (JavaClass type) -> !type.getName().equals("dev.errand.SystemClock")))
        .should()
        .accessTargetWhere(DescribedPredicate.describe("reads the time", HouseRulesTest::readsTime))
        .check(CLASSES);
  }

  @Test
  void only_the_program_prints() {
    noClasses()
        .that(DescribedPredicate.not(belongToAny(List.copyOf(MAY_PRINT))))
        .should()
        .accessTargetWhere(DescribedPredicate.describe("prints", HouseRulesTest::prints))
        .check(CLASSES);
  }

  @Test
  void exceptions_have_one_root() {
    classes()
        .that()
        .areAssignableTo(Throwable.class)
        .and()
        .arePublic()
        .and()
        .resideOutsideOfPackage("dev.errand.cli..")
        .should()
        .beAssignableTo("dev.errand.job.JobException")
        .check(CLASSES);
  }

  @Test
  void every_package_is_null_marked() {
    assertThat(CLASSES.stream().map(JavaClass::getPackage).distinct())
        .filteredOn(part -> !part.isAnnotatedWith("org.jspecify.annotations.NullMarked"))
        .as("packages without a @NullMarked package-info")
        .isEmpty();
  }

  @Test
  void core_shows_no_type_of_a_library() {
    assertThat(Signatures.ofPublicTypesIn(CORE))
        .isNotEmpty()
        .filteredOn(
            shown ->
                !shown
                    .packageName()
                    .matches("(java|javax\\.sql|dev\\.errand|org\\.jspecify)(\\..*)?"))
        .as("types of a library in a public signature of core")
        .isEmpty();
  }

  @Test
  void the_engine_room_has_one_door() {
    var engine = CLASSES.stream().filter(type -> partOf(type).equals(ENGINE)).toList();
    var doors = engine.stream().filter(JavaClass::isTopLevelClass).filter(House::isPublic);
    assertThat(doors).hasSize(engine.isEmpty() ? 0 : 1);
  }

  @Test
  void a_public_class_says_whether_it_may_be_extended() {
    assertThat(CLASSES.stream().filter(House::isPublic).filter(HouseRulesTest::isLeftOpen))
        .as("public classes that are neither final nor abstract nor sealed")
        .isEmpty();
  }

  private static boolean isLeftOpen(JavaClass type) {
    var modifiers = type.getModifiers();
    return !type.isInterface()
        && !type.isEnum()
        && !modifiers.contains(JavaModifier.FINAL)
        && !modifiers.contains(JavaModifier.ABSTRACT)
        && !type.reflect().isSealed();
  }

  private static boolean readsTime(JavaAccess<?> access) {
    var owner = access.getTargetOwner().getName();
    var name = access.getTarget().getName();
    return switch (owner) {
      case "java.lang.System" -> name.equals("currentTimeMillis");
      case "java.time.Clock" -> name.startsWith("system") || name.startsWith("tick");
      case "java.time.InstantSource" -> name.equals("system");
      case "java.util.Date", "java.util.GregorianCalendar" -> name.equals("<init>");
      case "java.util.Calendar" -> name.equals("getInstance");
      default -> owner.startsWith("java.time.") && name.equals("now");
    };
  }

  private static boolean prints(JavaAccess<?> access) {
    var owner = access.getTargetOwner();
    var name = access.getTarget().getName();
    boolean console = owner.isEquivalentTo(System.class) && Set.of("out", "err").contains(name);
    boolean trace = owner.isAssignableTo(Throwable.class) && name.equals("printStackTrace");
    return console || trace;
  }

  private static String partOf(JavaClass type) {
    var name = type.getPackageName();
    if (!name.startsWith(PORCH + ".")) return name;
    int end = name.indexOf('.', PORCH.length() + 1);
    return end < 0 ? name : name.substring(0, end);
  }

  private static DescribedPredicate<JavaClass> belongTo(String part) {
    return belongToAny(List.of(part));
  }

  private static DescribedPredicate<JavaClass> belongToAny(List<String> parts) {
    var packages = parts.stream().map(part -> part.equals(PORCH) ? part : part + "..");
    return resideInAnyPackage(packages.toArray(String[]::new));
  }

  private static SliceAssignment packages() {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass type) {
        return SliceIdentifier.of(type.getPackageName());
      }

      @Override
      public String getDescription() {
        return "packages";
      }
    };
  }
}
