package dev.axial.ir;

import dev.axial.AxialException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What stands for each variable of a program while a pass walks it. */
public final class Env {
  private final Map<Var, Var> map = new HashMap<>();

  /** The variable that stands for v. */
  public Var get(Var v) {
    Var x = map.get(v);
    if (x == null) {
      throw new AxialException("internal error: nothing stands for %s : %s".formatted(v, v.type()));
    }
    return x;
  }

  public @Nullable Var find(Var v) {
    return map.get(v);
  }

  public List<Var> get(List<Var> vs) {
    var out = new ArrayList<Var>(vs.size());
    for (Var v : vs) {
      out.add(get(v));
    }
    return out;
  }

  /** Like get, with null for what has no entry. */
  public List<@Nullable Var> find(List<Var> vs) {
    var out = new ArrayList<@Nullable Var>(vs.size());
    for (Var v : vs) {
      out.add(map.get(v));
    }
    return out;
  }

  public void put(Var v, Var x) {
    map.put(v, x);
  }

  public void put(List<Var> vs, List<Var> xs) {
    if (vs.size() != xs.size()) {
      throw new AxialException(
          "internal error: %d variables, %d values".formatted(vs.size(), xs.size()));
    }
    for (int k = 0; k < vs.size(); k++) {
      map.put(vs.get(k), xs.get(k));
    }
  }
}
