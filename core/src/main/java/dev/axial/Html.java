package dev.axial;

import dev.axial.engine.Storage;
import dev.axial.html.ArrayPage;
import dev.axial.html.Page;
import dev.axial.html.ProgramPage;
import java.util.ArrayList;
import java.util.List;

/** What users see, handed to the pages that show it. */
final class Html {
  private Html() {}

  static String program(dev.axial.ir.Program p) {
    return ProgramPage.of("Program", "", p, List.of(), List.of());
  }

  static String program(String what, Tracing.Root root, Signature signature) {
    var inputs = new ArrayList<>(signature.inputs());
    for (Object x : root.captured()) {
      inputs.add(x instanceof Storage s ? "captured, made at " + s.site() : "captured");
    }
    return ProgramPage.of(what, Eager.engineName(), root.program(), inputs, root.code().pieces());
  }

  static String array(NamedArray x) {
    if (!x.isConcrete() || x.dtype() == DType.KEY) {
      return Page.note("NamedArray", x.toString());
    }
    return ArrayPage.of("NamedArray", "", x.type(), x.store("toHtml"));
  }

  static String reference(NamedRef r) {
    Storage s = r.core().storage;
    View v = r.view();
    if (s == null || Trace.current() != null || !s.alive() || r.dtype() == DType.KEY) {
      return Page.note("NamedRef", r.toString());
    }
    String about = "Made at " + r.core().site() + ".";
    return r.shown((all, own) ->
        v.isWhole()
            ? ArrayPage.of("NamedRef", about, v.type(), all)
            : ArrayPage.ofView(
                "NamedRef, a view", about, v.type(), own, v.base(), all, new ViewPlaces(v)));
  }
}
