plugins {
  application
}

repositories {
  mavenLocal()
  mavenCentral()
}

dependencies {
  implementation(platform("dev.axial:axial-bom:0.1.0-SNAPSHOT"))
  implementation("dev.axial:axial-nn")
  implementation("dev.axial:axial-cpu-linux-x86_64")
}

java {
  toolchain { languageVersion = JavaLanguageVersion.of(25) }
}

sourceSets.main { java.setSrcDirs(listOf("../app/src/main/java")) }

application {
  mainClass = "app.Main"
  applicationDefaultJvmArgs = listOf("--enable-native-access=ALL-UNNAMED")
}
