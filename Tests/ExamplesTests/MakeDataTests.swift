import Foundation
import PinionTestSupport
import Testing

/// `make` passes the folder of `DATA` on, whatever its name.
@Suite(.timeLimit(.minutes(10))) struct MakeDataTests {
  private static let make = URL(filePath: "/usr/bin/make")

  @Test(
    .enabled(if: FileManager.default.isExecutableFile(atPath: make.path)),
    arguments: ["report", "experiments", "speedrun"])
  func namesOfFoldersAreKept(target: String) throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = try TemporaryFolder()
    // In place of the compiler, the first command of the scripts.
    let script = #"""
      #!/bin/sh
      printf '%s\n%s' "$PINION_DATASETS" "$DATA" >"$0.txt"
      exit 1
      """#
    try folder.write(Array(script.utf8), to: "build")
    let compiler = folder.url.appending(path: "build").path
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: compiler)
    for name in ["/sets", "/two words/sets", #"/it's "quoted""#, "sets", "two words"] {
      let ending = try BuiltProgram.run(
        Self.make, ["-o", "setup", target, "SWIFT=\(compiler)", "DATA=\(name)"], in: root)
      #expect(ending.status == 2, "\(ending.message)")
      let lines = String(decoding: try #require(folder.bytes("build.txt")), as: UTF8.self)
        .split(separator: "\n", omittingEmptySubsequences: false)
      try #require(lines.count == 2)
      let found = target == "speedrun" ? lines[1] : lines[0]
      #expect(found == (name.hasPrefix("/") ? name : root.appending(path: name).path))
    }
  }
}
