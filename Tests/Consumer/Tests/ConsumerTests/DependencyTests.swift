import Foundation
import Testing

@Suite struct DependencyTests {
  private struct Resolved: Decodable {
    struct Pin: Decodable { let identity: String }
    let pins: [Pin]
  }

  /// Dependencies of Pinion's examples must not reach its dependents.
  @Test func hasNoPackageDependencies() throws {
    let data = try Data(contentsOf: Files.consumer.appending(path: "Package.resolved"))
    let resolved = try JSONDecoder().decode(Resolved.self, from: data)
    #expect(resolved.pins.map(\.identity) == ["swift-metrics"])
  }

  private struct Manifest: Decodable {
    struct Target: Decodable {
      let name: String
      let type: String
      let pkgConfig: String?
      let dependencies: [Dependency]
    }

    /// A target of the same package, or a product of another one.
    struct Dependency: Decodable {
      let names: [String: [Name?]]

      struct Name: Decodable {
        let text: String?

        init(from decoder: any Decoder) throws {
          text = try? decoder.singleValueContainer().decode(String.self)
        }
      }

      init(from decoder: any Decoder) throws {
        names = try decoder.singleValueContainer().decode([String: [Name?]].self)
      }

      var target: String? { (names["byName"] ?? names["target"])?.first??.text }
    }

    let targets: [Target]
  }

  /// SwiftPM evaluates `pkgConfig` of unused targets, too: only the requirements of `import Pinion`
  /// may have one.
  @Test func needsOpenBLASAndZlibOnly() throws {
    let temporary = try TemporaryFolder()
    defer { withExtendedLifetime(temporary) {} }
    let folder = URL(filePath: temporary.path)
    let outcome = try swift(
      [
        "package", "--package-path", Files.pinion.path, "--scratch-path", folder.path,
        "dump-package",
      ], in: folder)
    let manifest = try JSONDecoder().decode(Manifest.self, from: Data(outcome.output.utf8))
    let targets = Dictionary(uniqueKeysWithValues: manifest.targets.map { ($0.name, $0) })
    var reached: Set<String> = []
    var open = ["Pinion"]
    while let name = open.popLast() {
      guard reached.insert(name).inserted else { continue }
      open += targets[name]?.dependencies.compactMap(\.target) ?? []
    }
    let needed: Set = ["CPinionOpenBLAS", "CPinionZlib"]
    #expect(Set(reached.filter { targets[$0]?.type == "system" }) == needed)
    #expect(reached.allSatisfy { targets[$0] != nil })
    #expect(Set(manifest.targets.filter { $0.pkgConfig != nil }.map(\.name)) == needed)
  }

  /// On a machine without the libraries, SwiftPM suggests only these two.
  @Test func buildMentionsNoOtherLibrary() throws {
    let temporary = try TemporaryFolder()
    defer { withExtendedLifetime(temporary) {} }
    let folder = URL(filePath: temporary.path)
    func write(_ text: String, to path: String) throws {
      let file = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    try write(
      """
      // swift-tools-version: 6.1
      import PackageDescription
      let package = Package(
        name: "user",
        dependencies: [.package(name: "pinion", path: "\(Files.pinion.path)")],
        targets: [
          .target(name: "Uses", dependencies: [.product(name: "Pinion", package: "pinion")]),
          .target(name: "Empty"),
        ])
      """, to: "Package.swift")
    try write("", to: "Sources/Uses/Uses.swift")
    try write("", to: "Sources/Empty/Empty.swift")
    // A pkg-config that finds nothing.
    try write("#!/bin/sh\nexit 1\n", to: "tools/pkg-config")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.path + "/tools/pkg-config")
    // Planning the whole build looks up all libraries; hardly anything is compiled.
    let outcome = try swift(
      ["build", "--target", "Empty"], in: folder, path: folder.path + "/tools:")
    #expect(outcome.status == 0, "\(outcome.output)")
    let asked = Set(outcome.output.matches(of: /apt-get install (\S+)/).map { String($0.1) })
    let isDebian = FileManager.default.fileExists(atPath: "/etc/debian_version")
    #expect(asked == (isDebian ? ["libopenblas-dev", "zlib1g-dev"] : []), "\(outcome.output)")
  }

  /// - Parameter path: A folder that precedes `PATH`.
  private func swift(
    _ arguments: [String], in folder: URL, path: String = ""
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["swift"] + arguments
    process.currentDirectoryURL = folder
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = path + (environment["PATH"] ?? "/usr/bin:/bin")
    process.environment = environment
    // Files instead of pipes, which would have to be read while the process runs.
    let (output, errors) = (folder.appending(path: "output"), folder.appending(path: "errors"))
    for file in [output, errors] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    process.waitUntilExit()
    let isBuild = arguments.first == "build"
    return (
      process.terminationStatus,
      try String(contentsOf: output, encoding: .utf8)
        + (isBuild ? String(contentsOf: errors, encoding: .utf8) : "")
    )
  }
}
