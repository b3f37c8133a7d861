package dev.errand.verification;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaType;
import com.tngtech.archunit.core.domain.JavaTypeVariable;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/// The types that a user of the library meets: in its public and protected signatures.
final class Signatures {
  private Signatures() {}

  /// A type, and who shows it.
  record Shown(String by, String packageName, String type) {
    @Override
    public String toString() {
      return by + " shows " + type;
    }
  }

  static List<Shown> ofPublicTypesIn(Collection<String> packages) {
    return House.CLASSES.stream()
        .filter(type -> packages.contains(type.getPackageName()))
        .filter(House::isPublic)
        .flatMap(Signatures::of)
        .toList();
  }

  private static Stream<Shown> of(JavaClass type) {
    var parents = Stream.concat(type.getSuperclass().stream(), type.getInterfaces().stream());
    var own = Stream.concat(parents, bounds(type.getTypeParameters()));
    var members = type.getMembers().stream().filter(Signatures::isOpen).flatMap(Signatures::of);
    return Stream.concat(shown(type.getName(), own), members);
  }

  private static boolean isOpen(JavaMember member) {
    return member.getModifiers().contains(JavaModifier.PUBLIC)
        || member.getModifiers().contains(JavaModifier.PROTECTED);
  }

  private static Stream<Shown> of(JavaMember member) {
    Stream<? extends JavaType> types =
        switch (member) {
          case JavaField field -> Stream.of(field.getType());
          case JavaCodeUnit method ->
              Stream.of(
                      Stream.of(method.getReturnType()),
                      method.getParameterTypes().stream(),
                      method.getExceptionTypes().stream(),
                      bounds(method.getTypeParameters()))
                  .flatMap(part -> part);
          default -> throw new AssertionError("A member of an unknown kind: " + member);
        };
    return shown(member.getFullName(), types);
  }

  private static Stream<JavaType> bounds(Collection<? extends JavaTypeVariable<?>> typeParameters) {
    return typeParameters.stream().flatMap(variable -> variable.getBounds().stream());
  }

  private static Stream<Shown> shown(String by, Stream<? extends JavaType> types) {
    return types
        .flatMap(type -> type.getAllInvolvedRawTypes().stream())
        .map(JavaClass::getBaseComponentType)
        .filter(type -> !type.isPrimitive())
        .map(type -> new Shown(by, type.getPackageName(), type.getName()));
  }
}
