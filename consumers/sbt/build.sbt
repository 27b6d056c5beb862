ThisBuild / resolvers += Resolver.mavenLocal

lazy val app = (project in file("."))
  .settings(
    autoScalaLibrary := false,
    crossPaths := false,
    libraryDependencies ++= Seq(
      "dev.axial" % "axial-nn" % "0.1.0-SNAPSHOT",
      "dev.axial" % "axial-cpu-linux-x86_64" % "0.1.0-SNAPSHOT"
    ),
    Compile / unmanagedSourceDirectories := Seq(baseDirectory.value / "../app/src/main/java"),
    Compile / mainClass := Some("app.Main"),
    run / fork := true,
    run / javaOptions += "--enable-native-access=ALL-UNNAMED"
  )
