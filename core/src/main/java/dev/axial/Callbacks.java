package dev.axial;

import dev.axial.engine.Pool;
import dev.axial.engine.Store;
import dev.axial.ir.HostFunction;
import dev.axial.ir.Op;
import dev.axial.ir.Var;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Java code called by running programs. */
final class Callbacks {
  private Callbacks() {}

  static void call(Consumer<List<NamedArray>> f, NamedArray... xs) {
    Trace t = Trace.current();
    if (t == null) {
      f.accept(List.of(xs));
      return;
    }
    String site = Site.here();
    HostFunction host =
        (buffers, types) -> {
          var values = new ArrayList<NamedArray>();
          for (int k = 0; k < buffers.size(); k++) {
            values.add(NamedArray.concrete(types.get(k), (Store) buffers.get(k)));
          }
          Pool.inCallback(() -> f.accept(values));
        };
    var in = new ArrayList<Var>();
    for (NamedArray x : xs) {
      in.add(x.in(t));
    }
    t.builder().site(site);
    t.builder().emit(new Op.Callback(host, site), in);
  }

  static void print(String format, NamedArray... xs) {
    call(values -> System.out.println(format(format, values)), xs);
  }

  /** Each {} of the format replaced by one value; a scalar prints as its number. */
  static String format(String format, List<NamedArray> values) {
    var out = new StringBuilder();
    int at = 0;
    for (NamedArray v : values) {
      int k = format.indexOf("{}", at);
      if (k < 0) {
        out.append(format.substring(at)).append(' ').append(text(v));
        at = format.length();
      } else {
        out.append(format, at, k).append(text(v));
        at = k + 2;
      }
    }
    return out.append(format.substring(at)).toString();
  }

  private static String text(NamedArray v) {
    if (v.rank() > 0 || v.dtype() == DType.KEY) {
      return v.toString();
    }
    return switch (v.dtype()) {
      case BOOL -> v.item() != 0 ? "true" : "false";
      case INT32, INT64, UINT32 -> Long.toString((long) v.item());
      case BFLOAT16, FLOAT16, FLOAT32 -> Float.toString((float) v.item());
      case FLOAT64, KEY -> Double.toString(v.item());
    };
  }
}
