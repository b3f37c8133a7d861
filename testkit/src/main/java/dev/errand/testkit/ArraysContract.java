package dev.errand.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.errand.spi.WorkspaceRuntime;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// What a [WorkspaceRuntime] whose Python has numpy and pandas must make of them.
///
/// An implementation extends it and gives its runtime, which the whole class shares.
@SuppressWarnings("JUnitClassModifiers") // it is for other modules to extend
public abstract class ArraysContract extends DrivenJobs {
  private void kept(String setup, String check) {
    survives(job().unrestricted(), "import numpy as np, pandas as pd\n" + setup, check);
  }

  @Test
  void restricted_code_cannot_import_them() {
    assertThat(raise(job(), "import numpy").message()).contains("importing 'numpy' is not allowed");
  }

  @Test
  void restricted_code_can_be_granted_them() {
    var job = job().imports("numpy.*", "pandas");
    job.run("import numpy as np, pandas as pd\nframe = pd.DataFrame({'x': np.arange(3)})");
    job.restart();
    assertThat(finish(job, "[int(frame.x.sum()), float(np.linalg.norm([3, 4]))]"))
        .isEqualTo("[3,5.0]");
    assertThat(raise(job, "open('x')").message()).contains("line 1: the name 'open'");
  }

  @Test
  void arrays_survive_with_type_order_and_content() {
    kept(
        """
        big = np.arange(12, dtype='>i4').reshape(3, 4)
        fortran = np.asfortranarray(np.arange(6.0).reshape(2, 3))
        objects = np.array([1, 'two', None, [3]], dtype=object)
        records = np.array([(1, 2.5)], dtype=[('a', 'i2'), ('b', 'f8')])
        masked = np.ma.array([1, 2, 3], mask=[0, 1, 0])
        empty, scalar, moment = np.zeros((0, 3)), np.float32(1.5), np.datetime64('2026-01-02')
        fixed = np.ones(3)
        fixed.flags.writeable = False
        text = [repr(x) for x in (big, fortran, objects, records, masked, empty, scalar, moment, fixed)]
        """,
        """
        bool([repr(x) for x in (big, fortran, objects, records, masked, empty, scalar, moment, fixed)] == text
         and big.dtype.str == '>i4' and fortran.flags.f_contiguous and not fortran.flags.c_contiguous
         and type(scalar) is np.float32 and big.flags.writeable and masked.mask[1])\
        """);
  }

  @Test
  void two_names_for_one_array_stay_one() {
    var job = job().unrestricted();
    job.run("import numpy as np\na = np.zeros(3)\nb = a\nholder = {'a': a}");
    job.restart();
    assertThat(finish(job, "b[0] = 7\n[float(a[0]), holder['a'] is a, b is a]"))
        .isEqualTo("[7.0,true,true]");
  }

  @Test
  void frames_survive_with_their_indexes_and_types() {
    kept(
        """
        frame = pd.DataFrame({'n': [1, 2, 3], 'kind': pd.Categorical(['x', 'y', 'x'], ordered=True), 'any': ['p', None, [1]],
                              'when': pd.date_range('2026-01-01', periods=3, tz='Europe/Berlin'), 'i': pd.array([1, None, 3], dtype='Int64')})
        indexed = frame.set_index(['kind', 'when'])
        series = frame['n']
        others = [pd.Timestamp('2026', tz='UTC'), pd.Timedelta(1, 'h'), pd.period_range('2026', periods=2, freq='M'),
                  pd.interval_range(0, 2), pd.Series(['a', None], dtype='string'), pd.NaT, pd.RangeIndex(3)]
        text = [repr(x) for x in (frame, indexed, series, *others)]
        types = [str(t) for t in frame.dtypes]
        """,
        """
        ([repr(x) for x in (frame, indexed, series, *others)] == text and [str(t) for t in frame.dtypes] == types
         and frame['kind'].cat.ordered and str(frame['when'].dt.tz) == 'Europe/Berlin' and indexed.index.nlevels == 2)\
        """);
  }

  @Test
  void numbers_of_chance_go_on_where_they_were() {
    var source = "[float(np.random.rand()), float(rng.random()), float(old.rand())]";
    var setup =
        "import numpy as np\nnp.random.rand()\nrng = np.random.default_rng(5)\nold ="
            + " np.random.RandomState(5)";
    var undisturbed = job("chance").unrestricted();
    undisturbed.run(setup);
    finish(undisturbed, source);
    var expected = finish(undisturbed, source);
    var job = job("chance").unrestricted();
    job.run(setup);
    job.restart();
    finish(job, source);
    job.restart();
    assertThat(finish(job, source)).isEqualTo(expected);
  }

  @Test
  void arrays_are_sent_to_children_and_come_back() {
    var job = job().unrestricted();
    assertThat(
            finish(
                job,
                """
                import numpy as np
                table = np.arange(1000).reshape(10, 100)
                def sums(table):
                    return table.sum(axis=1)
                list(map(int, delegate(sums, table).result[:2]))
                """))
        .isEqualTo("[4950,14950]");
  }

  @Test
  void a_preview_says_how_large_they_are() {
    var job = job().unrestricted();
    job.run("import numpy as np, pandas as pd\na = np.zeros((2, 3))\nf = pd.DataFrame({'x': [1]})");
    var lines = Objects.requireNonNull(job.host().marks().getLast().snapshot()).variables();
    assertThat(lines)
        .extracting("preview")
        .containsExactly("<ndarray float64 (2, 3)>", "<DataFrame (1, 1)>");
  }

  @Test
  void a_model_sees_a_frame_as_pandas_prints_it() {
    var job = job().unrestricted();
    job.host().showing();
    var ending = job.run("import pandas as pd\npd.DataFrame({'x': [1, 2]})");
    assertThat(ending.toString()).contains("   x\n0  1\n1  2");
  }
}
