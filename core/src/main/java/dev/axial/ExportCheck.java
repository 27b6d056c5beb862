package dev.axial;

import dev.axial.engine.Store;
import dev.axial.ir.ArrayType;
import dev.axial.ir.Program;
import dev.axial.ir.Type;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;

/**
 * Whether the parts of a saved function fit each other. Compiled code believes the program: where
 * the program says 50 million elements it reads and writes as many, whatever it is given. So
 * nothing else that a file says is believed. The program was checked when it was read; here the
 * signature, the captured arrays and the form of the result are compared with its inputs and
 * outputs. What a caller gives is compared with the signature in each call.
 */
final class ExportCheck {
  private ExportCheck() {}

  /** Returns the contents, or throws and says what does not fit. */
  static ExportFile.Content check(Path file, ExportFile.Content c) {
    try {
      inputs(c);
      int results = leaves(List.of(c.root().out()));
      require(
          results == c.root().program().outputs().size(),
          "its program gives %d arrays, and its result has %d",
          c.root().program().outputs().size(),
          results);
    } catch (Unfit x) {
      throw new AxialException(
          "%s is damaged although its checksum is right: %s. Save the function again."
              .formatted(file, x.getMessage()),
          x);
    }
    return c;
  }

  /** What does not fit. */
  private static final class Unfit extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Unfit(String what) {
      super(what);
    }
  }

  private static void require(boolean ok, String format, Object... args) {
    if (!ok) {
      throw new Unfit(format.formatted(args));
    }
  }

  private static void inputs(ExportFile.Content c) {
    Program p = c.root().program();
    Signature signature = c.signature();
    require(signature.structure() instanceof Tree.OfArray, "its arguments are no list");
    int arguments = leaves(List.of(signature.structure()));
    require(
        arguments == signature.leaves().size(),
        "its arguments have %d leaves, and its signature has %d",
        arguments,
        signature.leaves().size());
    List<Type> types;
    try {
      types = signature.types();
    } catch (AxialException x) {
      throw new Unfit(String.valueOf(x.getMessage()));
    }
    int captured = c.root().captured().size();
    require(
        types.size() + captured == p.inputs().size(),
        "its program takes %d inputs, its signature stands for %d and %d are captured",
        p.inputs().size(),
        types.size(),
        captured);
    for (int k = 0; k < types.size(); k++) {
      Type takes = p.inputs().get(k).type();
      require(
          takes.equals(types.get(k)),
          "input %d of its program is %s, and that of its signature is %s",
          k,
          takes,
          types.get(k));
    }
    for (int k = 0; k < captured; k++) {
      captured(k, p.inputs().get(types.size() + k).type(), (Store) c.root().captured().get(k));
    }
  }

  private static void captured(int k, Type takes, Store s) {
    require(
        takes instanceof ArrayType t && t.dtype() == s.dtype() && t.size() == s.size(),
        "captured array %d is %,d elements of %s, and its program takes %s",
        k,
        s.size(),
        s.dtype().shortName(),
        takes);
  }

  /** How many arrays and references trees have. */
  private static int leaves(List<Tree.Structure> trees) {
    int n = 0;
    for (Tree.Structure s : trees) {
      n +=
          switch (s) {
            case Tree.Leaf _ -> 1;
            case Tree.Empty _, Tree.Static _ -> 0;
            case Tree.OfList l -> leaves(l.parts());
            case Tree.OfArray a -> leaves(a.parts());
            case Tree.OfRecord r -> leaves(r.parts());
            case Tree.OfOptional o -> {
              require(o.parts().size() <= 1, "an optional has %d parts", o.parts().size());
              yield leaves(o.parts());
            }
            case Tree.OfMap m -> {
              require(
                  new HashSet<>(m.keys()).size() == m.parts().size(),
                  "a map of %d parts has the keys %s",
                  m.parts().size(),
                  m.keys());
              yield leaves(m.parts());
            }
          };
    }
    return n;
  }
}
