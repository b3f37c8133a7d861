package dev.errand.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpHeaders;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          retry-after: 7                                                                    | PT7S
          Retry-After: 0.5                                                                  | PT0.5S
          retry-after-ms: 1500; retry-after: 2                                              | PT1.5S
          retry-after: Wed, 21 Oct 2015 07:28:30 GMT; date: Wed, 21 Oct 2015 07:28:00 GMT   | PT30S
          retry-after: Wed, 21 Oct 2015 07:28:30 GMT                                        | PT0S
          retry-after: Wed, 21 Oct 2015 07:28:00 GMT; date: Wed, 21 Oct 2015 07:28:30 GMT   | PT0S
          retry-after: soon                                                                 | PT0S
          retry-after: -3                                                                   | PT0S
          retry-after: NaN                                                                  | PT0S
          x: y                                                                              | PT0S
          """)
  void the_wait_is_read_as_a_number_or_as_a_date_by_the_providers_own_clock(
      String headers, Duration wait) {
    var byName =
        Arrays.stream(headers.split("; ", -1))
            .map(header -> header.split(": ", 2))
            .collect(Collectors.toMap(parts -> parts[0], parts -> List.of(parts[1])));

    assertThat(RetryAfter.of(HttpHeaders.of(byName, (name, value) -> true))).isEqualTo(wait);
  }
}
