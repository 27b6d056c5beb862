package dev.axial;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the line of the user's source that called the library, for messages. */
public final class Site {
  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

  private static final ClassValue<Boolean> LIBRARY =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> c) {
          String p = c.getPackageName();
          if (p.startsWith("java.") || p.startsWith("jdk.")) {
            return true;
          }
          if (!p.equals("dev.axial") && !p.startsWith("dev.axial.")) {
            return false;
          }
          var here = Site.class.getProtectionDomain().getCodeSource();
          var there = c.getProtectionDomain().getCodeSource();
          if (here == null
              || there == null
              || here.getLocation() == null
              || there.getLocation() == null) {
            return true;
          }
          return here.getLocation().equals(there.getLocation()) || p.startsWith("dev.axial.nn");
        }
      };

  private Site() {}

  /** Class, method, file and line, such as {@code Main.step(Main.java:12)}. */
  public static String here() {
    return later().toString();
  }

  /** The same as something whose text is made when it is asked for, which is the slower part. */
  static Object later() {
    StackWalker.StackFrame f = WALKER.walk(Site::first);
    return f == null ? "an unknown place" : new Here(f);
  }

  private static StackWalker.@Nullable StackFrame first(Stream<StackWalker.StackFrame> frames) {
    return frames.filter(f -> !LIBRARY.get(f.getDeclaringClass())).findFirst().orElse(null);
  }

  private record Here(StackWalker.StackFrame frame) {
    @Override
    public String toString() {
      return text(frame);
    }
  }

  private static String text(StackWalker.StackFrame f) {
    String c = f.getClassName();
    String method = f.getMethodName();
    if (method.startsWith("lambda$")) {
      method = method.substring(7, Math.max(7, method.lastIndexOf('$')));
    }
    String type = c.substring(c.lastIndexOf('.') + 1);
    return type + "." + method + "(" + f.getFileName() + ":" + f.getLineNumber() + ")";
  }
}
