package dev.axial;

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
    return WALKER.walk(frames ->
        frames
            .filter(f -> !LIBRARY.get(f.getDeclaringClass()))
            .findFirst()
            .map(Site::text)
            .orElse("an unknown place"));
  }

  private static String text(StackWalker.StackFrame f) {
    String c = f.getClassName();
    String method = f.getMethodName();
    if (method.startsWith("lambda$")) {
      method = method.substring(7, Math.max(7, method.lastIndexOf('$')));
    }
    return "%s.%s(%s:%d)"
        .formatted(c.substring(c.lastIndexOf('.') + 1), method, f.getFileName(), f.getLineNumber());
  }
}
