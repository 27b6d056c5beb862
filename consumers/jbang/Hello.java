///usr/bin/env jbang "$0" "$@" ; exit $?
//JAVA 25+
//DEPS dev.axial:axial-nn:0.1.0-SNAPSHOT
//DEPS dev.axial:axial-cpu-linux-x86_64:0.1.0-SNAPSHOT
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED
//SOURCES ../app/src/main/java/app/Main.java

class Hello {
  public static void main(String[] args) {
    app.Main.main(args);
  }
}
