package dev.axial.references;

import static dev.axial.Axial.arange;
import static dev.axial.Axial.array;
import static dev.axial.Axial.axis;
import static dev.axial.Axial.debugPrint;
import static dev.axial.Axial.dot;
import static dev.axial.Axial.fold;
import static dev.axial.Axial.forLoop;
import static dev.axial.Axial.grad;
import static dev.axial.Axial.jit;
import static dev.axial.Axial.jitProc;
import static dev.axial.Axial.lower;
import static dev.axial.Axial.lowerProc;
import static dev.axial.Axial.map;
import static dev.axial.Axial.mish;
import static dev.axial.Axial.newRef;
import static dev.axial.Axial.program;
import static dev.axial.Axial.scalar;
import static dev.axial.Axial.silu;
import static dev.axial.Axial.sin;
import static dev.axial.Axial.softplus;
import static dev.axial.Axial.square;
import static dev.axial.Axial.sum;
import static dev.axial.Axial.tanh;
import static dev.axial.Axial.vmap;
import static dev.axial.Axial.vmapProc;
import static dev.axial.Axial.zeros;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.axial.AxialException;
import dev.axial.Axis;
import dev.axial.DType;
import dev.axial.Exported;
import dev.axial.Lowered;
import dev.axial.NamedArray;
import dev.axial.NamedRef;
import dev.axial.Proc2;
import dev.axial.Program;
import dev.axial.Tensor;
import dev.axial.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Functions that are saved, and called without being traced again. */
class ExportedTest {
  private static final Axis ROW = axis("Row", 6);
  private static final Axis F = axis("Feature", 3);

  /** A part of a model, with static parts of all kinds. */
  record Layer(
      Tensor weight, Optional<Tensor> bias, String name, int heads, DType dtype, Axis in) {}

  record Named(Object extra, NamedArray x) {}

  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void file() {
    file = folder.resolve("function");
  }

  private Exported again(Lowered code) {
    code.serialize(file);
    return Exported.load(file);
  }

  private static NamedArray values(Axis... axes) {
    NamedArray x = zeros(axes);
    float s = 0.3f;
    for (Axis a : axes) {
      x = x.plus(arange(a, DType.FLOAT32).times(s));
      s *= 2.7f;
    }
    return sin(x);
  }

  @Test
  void trees_go_in_and_come_out() {
    Function<Map<String, List<Layer>>, Layer> f =
        m -> {
          Layer l = m.get("layers").getLast();
          return new Layer(
              l.weight().value().times(l.heads()),
              l.bias().map(b -> b.value().plus(1)),
              l.name() + "!",
              l.heads() + 1,
              l.dtype(),
              l.in());
        };
    var layer = new Layer(values(ROW, F), Optional.of(values(F)), "last", 4, DType.FLOAT32, ROW);
    var none = new Layer(values(F), Optional.empty(), "first", -1, DType.BOOL, F);
    var argument = Map.of("layers", List.of(none, layer));
    var got = (Layer) again(lower(f, argument)).call(argument);
    Layer expected = f.apply(argument);
    assertThat(got.name()).isEqualTo("last!");
    assertThat(got.heads()).isEqualTo(5);
    assertThat(got.dtype()).isEqualTo(DType.FLOAT32);
    assertThat(got.in()).isEqualTo(ROW);
    assertThat(got.weight().value().toFloatArray())
        .containsExactly(expected.weight().value().toFloatArray());
    assertThat(got.bias().orElseThrow().value().toFloatArray())
        .containsExactly(expected.bias().orElseThrow().value().toFloatArray());
  }

  @Test
  void references_are_updated_where_they_are() {
    NamedRef log = newRef(zeros(ROW, F));
    NamedArray step = values(F);
    var code =
        again(
            lowerProc(
                (NamedRef r, NamedArray x) ->
                    forLoop(0, ROW.size(), i -> r.at(ROW.at(i)).add(x.times(i))),
                log,
                step));
    assertThat(code.call(log, step)).isNull();
    code.call(log, step);
    for (int k = 0; k < ROW.size(); k++) {
      float[] expected = step.times(2 * k).toFloatArray();
      assertThat(log.get(ROW.at(k)).toFloatArray()).containsExactly(expected);
    }
    assertThat(code.inputs())
        .containsExactly("arg0: ref f32[Row:6, Feature:3]", "arg1: f32[Feature:3]");
  }

  @Test
  void one_program_serves_views_that_start_elsewhere() {
    NamedRef all = newRef(zeros(ROW, F));
    var code =
        again(
            lowerProc(
                (NamedRef top, NamedRef row) -> {
                  top.add(1);
                  row.set(scalar(7f));
                },
                all.slice(ROW.range(0, 2)),
                all.slice(ROW.at(3))));
    code.call(all.slice(ROW.range(3, 5)), all.slice(ROW.at(0)));
    assertThat(sum(all.get(), F).toFloatArray()).containsExactly(21, 0, 0, 3, 3, 0);
    assertThatThrownBy(() -> code.call(all.slice(ROW.range(3, 6)), all.slice(ROW.at(0))))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("arg0 is ref f32[Row:2, Feature:3]")
        .hasMessageContaining("ref f32[Row:3, Feature:3]");
    assertThatThrownBy(() -> code.call(all.slice(ROW.range(3, 5)), all.slice(ROW.at(4))))
        .hasMessageContaining("overlap");
  }

  @Test
  void what_was_captured_is_in_the_file() {
    NamedArray w = values(ROW, F);
    NamedArray large = values(axis("Long", 40_000));
    var code =
        again(
            lower(
                (NamedArray x) ->
                    grad((NamedArray y) -> sum(sin(dot(y, w, F))).plus(sum(large))).apply(x),
                values(F)));
    NamedArray expected =
        jit((NamedArray x) -> grad((NamedArray y) -> sum(sin(dot(y, w, F)))).apply(x))
            .apply(values(F));
    assertThat(((NamedArray) code.call(values(F))).toFloatArray())
        .containsExactly(expected.toFloatArray());
    assertThat(code.program().toString()).contains("dot");
  }

  @Test
  void a_program_that_was_printed_is_read_again() {
    Program p = program((NamedRef r) -> r.at(ROW.at(1)).swap(values(F)), newRef(zeros(ROW, F)));
    assertThat(p.toString()).contains("ref f32[Row:6, Feature:3]");
    assertThat(Program.parse(p.toString())).hasToString(p.toString());
  }

  @Test
  void another_signature_is_an_error_that_names_the_difference() {
    record Pair(Tensor a, List<Tensor> b) {}
    var good = new Pair(values(F), List.of(values(ROW)));
    var code = again(lower((Pair p) -> p.a().value().times(2), good));
    differs(code, "it takes 1 arguments, and 2 were given", good, good);
    differs(
        code,
        "arg0.a is f32[Feature:3], and f32[Row:6] was given",
        new Pair(values(ROW), good.b()));
    differs(code, "arg0.b is [*], and [] was given", new Pair(good.a(), List.of()));
    differs(code, "arg0 is Pair(*, [*]), and [] was given", List.of());
    differs(
        code,
        "arg0.b[0] is an array or reference, and null was given",
        new Pair(good.a(), java.util.Collections.singletonList(null)));
    differs(
        code,
        "arg0.a is f32[Feature:3], and ref f32[Feature:3] was given",
        new Pair(newRef(values(F)), good.b()));
    differs(
        code,
        "arg0.a is f32[Feature:3], and i32[Feature:3] was given",
        new Pair(arange(F), good.b()));
  }

  private static void differs(Exported code, String how, Object... args) {
    assertThatThrownBy(() -> code.call(args))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("was saved for other arguments: " + how)
        .hasMessageContaining("arg0.a: f32[Feature:3]; arg0.b[0]: f32[Row:6]");
  }

  @Test
  void what_has_no_place_in_a_file_is_an_error_and_leaves_none() {
    NamedRef captured = newRef(zeros(F));
    refused(
        lower((NamedArray x) -> captured.get().plus(x), values(F)),
        "captured a reference, made at");
    refused(
        lower(
            (NamedArray x) -> {
              debugPrint("x {}", x);
              return x;
            },
            values(F)),
        "calls Java code");
    refused(
        lower((Named n) -> n.x(), new Named(Tree.fixed(Thread.currentThread()), values(F))),
        "has no place in a file");
    assertThatThrownBy(() ->
            lower((NamedArray x) -> x, values(F))
                .serialize(folder.resolve("missing").resolve("function")))
        .isInstanceOf(java.io.UncheckedIOException.class)
        .hasMessageContaining("cannot be saved to");
  }

  private void refused(Lowered code, String why) {
    assertThatThrownBy(() -> code.serialize(file))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining(why);
    assertThat(folder).isEmptyDirectory();
  }

  /** A file is replaced; what is none, such as a device, stays. */
  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void what_is_no_file_is_not_replaced() throws Exception {
    Lowered code = lower((NamedArray x) -> x.times(2), values(F));
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Path link = Files.createSymbolicLink(folder.resolve("link"), pipe);
    Path inner = Files.createDirectory(folder.resolve("inner"));
    for (Path p : List.of(pipe, link, inner)) {
      assertThatThrownBy(() -> code.serialize(p))
          .isInstanceOf(java.io.UncheckedIOException.class)
          .hasRootCauseMessage(p + ": it is a folder or a device, no file");
    }
    assertThat(Files.readAttributes(pipe, BasicFileAttributes.class).isOther()).isTrue();

    code.serialize(file);
    Path other = Files.createSymbolicLink(folder.resolve("other"), file);
    lower((NamedArray x) -> x.times(3), values(F)).serialize(other);
    assertThat(Files.isSymbolicLink(other)).isTrue();
    assertThat(((NamedArray) Exported.load(file).call(values(F))).toFloatArray())
        .containsExactly(values(F).times(3).toFloatArray());
  }

  @Test
  void a_file_that_is_not_whole_is_an_error() throws IOException {
    lower((NamedArray x) -> x.times(2), array(new float[] {1, 2, 3}, F)).serialize(file);
    byte[] all = Files.readAllBytes(file);
    for (int k = 0; k < all.length; k += 7) {
      byte[] bad = all.clone();
      bad[k] ^= 0x10;
      Files.write(file, bad);
      assertThatThrownBy(() -> Exported.load(file)).isInstanceOf(AxialException.class);
      Files.write(file, java.util.Arrays.copyOf(all, k));
      assertThatThrownBy(() -> Exported.load(file)).isInstanceOf(AxialException.class);
    }
    assertThatThrownBy(() -> Exported.load(folder.resolve("nothing")))
        .isInstanceOf(java.io.UncheckedIOException.class);
  }

  /** What version 1 wrote is read where it means the same. */
  @Test
  void a_file_of_an_older_version_is_read_or_says_which_it_is() throws IOException {
    byte[] all = ofVersion(lower((NamedArray x) -> x.times(2), values(F)), 1);
    Files.write(file, all);
    assertThat(((NamedArray) Exported.load(file).call(values(F))).toFloatArray())
        .containsExactly(values(F).times(2).toFloatArray());

    String text =
        new String(
            ofVersion(lower((NamedArray x) -> x.at(F.at(1)).add(2), values(F)), 1),
            StandardCharsets.ISO_8859_1);
    String old = text.replace("scatter_add[", "scatter[add=true, ");
    assertThat(old).isNotEqualTo(text);
    all = old.getBytes(StandardCharsets.ISO_8859_1);
    ByteBuffer b = ByteBuffer.wrap(all);
    int length = old.indexOf("program(") - Integer.BYTES;
    b.putInt(length, b.getInt(length) + old.length() - text.length());
    var sum = new CRC32C();
    sum.update(all, 28, all.length - 28);
    b.putLong(12, all.length - 28).putLong(20, sum.getValue());
    Files.write(file, all);
    assertThatThrownBy(() -> Exported.load(file))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining(
            " has version 1 of the format, which Axial 0.1.0-SNAPSHOT wrote until functional updates (at(...).set, add, max and others) said how they combine; this library writes version 2, and reads of version 1 what has no such updates: cannot parse the program: ")
        .hasMessageContaining(". Save the function again with this library.");

    Files.write(file, ofVersion(lower((NamedArray x) -> x.times(2), values(F)), 3));
    assertThatThrownBy(() -> Exported.load(file))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining(
            " has version 3 of the format, and this library reads versions 1 to 2. Load it with the library that wrote it or a later one, or save the function again with this one.");
  }

  private byte[] ofVersion(Lowered code, int version) throws IOException {
    code.serialize(file);
    byte[] all = Files.readAllBytes(file);
    ByteBuffer.wrap(all).putInt(8, version);
    return all;
  }

  @Test
  void a_loaded_function_is_compiled_differentiated_and_mapped_with_what_is_around_it() {
    NamedArray w = values(ROW, F); // captured, so it comes from the file
    Function<NamedArray, NamedArray> f =
        x -> {
          NamedRef scratch = newRef(zeros(ROW));
          forLoop(
              0, ROW.size(), i -> scratch.at(ROW.at(i)).set(sum(w.get(ROW.at(i)).times(sin(x)))));
          return sum(square(scratch.get()));
        };
    var loaded = again(lower(f, values(F)));
    Function<NamedArray, NamedArray> g = x -> (NamedArray) loaded.call(x);
    NamedArray x = values(F).times(2);
    same(jit(g).apply(x), f.apply(x));
    same(grad(g).apply(x), grad(f).apply(x));
    same(twice(g).apply(x), twice(f).apply(x));
    // The axis mapped over has the name of one that is used inside.
    NamedArray rows = values(ROW, F);
    same(vmap(g, ROW).apply(rows), map(ROW, rows, f));
    same(
        jit(vmap(grad(g), axis("Batch", 2))).apply(values(axis("Batch", 2), F)),
        vmap(grad(f), axis("Batch", 2)).apply(values(axis("Batch", 2), F)));
    same(
        fold(axis("Step", 3), x, arange(axis("Step", 3)), (c, _) -> c.minus(g.apply(c))),
        fold(axis("Step", 3), x, arange(axis("Step", 3)), (c, _) -> c.minus(f.apply(c))));
  }

  @Test
  void a_loaded_function_has_the_derivatives_of_rules_that_the_file_shows() {
    Axis batch = axis("Batch", 2);
    Function<NamedArray, NamedArray> f =
        x -> sum(vmap((NamedArray v) -> mish(softplus(v)).plus(silu(tanh(v))), batch).apply(x));
    NamedArray x = values(batch, F);
    var loaded = again(lower(f, x));
    Function<NamedArray, NamedArray> g = v -> (NamedArray) loaded.call(v);
    same(grad(g).apply(x), grad(f).apply(x));
    same(twice(g).apply(x), twice(f).apply(x));
    var slope = again(lower(grad(f), x));
    same(grad((NamedArray v) -> sum((NamedArray) slope.call(v))).apply(x), twice(f).apply(x));
  }

  private static Function<NamedArray, NamedArray> twice(Function<NamedArray, NamedArray> f) {
    return grad((NamedArray x) -> sum(grad(f).apply(x)));
  }

  private static void same(NamedArray a, NamedArray b) {
    assertThat(a.axes()).isEqualTo(b.axes());
    assertThat(a.toFloatArray()).containsExactly(b.toFloatArray(), offset(1e-5f));
  }

  @Test
  void a_loaded_procedure_writes_the_references_of_the_function_around_it() {
    Proc2<NamedRef, NamedRef> f =
        (top, row) -> {
          top.add(1);
          row.set(scalar(7f));
        };
    NamedRef any = newRef(zeros(ROW, F));
    var loaded = again(lowerProc(f, any.slice(ROW.range(0, 2)), any.slice(ROW.at(3))));
    var window = again(lowerProc((NamedRef r) -> r.add(3), any.slice(ROW.range(1, 3))));
    NamedRef all = newRef(zeros(ROW, F));
    jitProc(
            (NamedRef r, NamedArray i) -> {
              loaded.call(r.slice(ROW.range(4, 6)), r.slice(ROW.at(0)));
              NamedRef inner = newRef(zeros(ROW, F));
              window.call(inner.slice(ROW.ds(i, 4)).slice(ROW.ds(i, 2)));
              window.call(inner.slice(ROW.ds(i.plus(99), 2))); // moves until it fits
              r.add(inner.get());
            })
        .run(all, scalar(1));
    assertThat(sum(all.get(), F).toFloatArray()).containsExactly(21, 0, 9, 9, 12, 12);
    // References that are mapped, and one that the loop writes.
    Axis batch = axis("Batch", 2);
    NamedRef many = newRef(zeros(batch, ROW, F));
    vmapProc((NamedRef r) -> loaded.call(r.slice(ROW.range(1, 3)), r.slice(ROW.at(0))), batch)
        .run(many);
    assertThat(sum(sum(many.get(), F), batch).toFloatArray()).containsExactly(42, 6, 6, 0, 0, 0);
    assertThatThrownBy(() ->
            jitProc((NamedRef r) -> loaded.call(r.slice(ROW.range(1, 3)), r.slice(ROW.at(1))))
                .run(all))
        .isInstanceOf(AxialException.class)
        .hasMessageContaining("overlap");
    assertThatThrownBy(() ->
            jitProc((NamedRef r) -> loaded.call(r.slice(ROW.range(1, 4)), r.slice(ROW.at(0))))
                .run(all))
        .hasMessageContaining("arg0 is ref f32[Row:2, Feature:3]")
        .hasMessageContaining("ref f32[Row:3, Feature:3]");
    assertThatThrownBy(() -> jitProc((NamedRef r) -> loaded.call(r)).run(all))
        .hasMessageContaining("it takes 2 arguments, and 1 were given");
    assertThat(sum(all.get(), F).toFloatArray())
        .as("an error writes nothing")
        .containsExactly(21, 0, 9, 9, 12, 12);
  }

  @Test
  void a_function_without_arguments_is_saved_too() {
    var loaded = again(lower(() -> values(F)));
    same((NamedArray) loaded.call(), values(F));
    assertThatThrownBy(() -> loaded.call(values(F)))
        .hasMessageContaining("it takes 0 arguments, and 1 were given. It takes none.");
  }
}
