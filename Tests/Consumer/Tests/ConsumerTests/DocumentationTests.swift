import Foundation
import Testing

/// The Swift code in the README and the guides is compiled and run here.
@Suite struct DocumentationTests {
  static let documents =
    [Files.pinion.appending(path: "README.md")]
    + Files.all("md", in: Files.pinion.appending(path: "Documentation"))

  /// The Swift code blocks in a document, with the line numbers before them.
  func snippets(in document: URL) throws -> [(line: Int, code: [String])] {
    var snippets: [(line: Int, code: [String])] = []
    var isCode = false
    for (number, line) in try Files.lines(document).enumerated() {
      if line.hasPrefix("```") {
        isCode = !isCode && line == "```swift"
        if isCode { snippets.append((number + 1, [])) }
      } else if isCode {
        snippets[snippets.count - 1].code.append(line)
      }
    }
    return snippets
  }

  @Test(arguments: documents) func snippetsAreCompiled(document: URL) throws {
    let folders =
      ["Sources", "Tests"].map { Files.consumer.appending(path: $0) }
      // What is internal to the library is shown by its own tests.
      + [Files.pinion.appending(path: "Tests/LayersTests")]
    let sources =
      try (folders.flatMap { Files.all("swift", in: $0) }).map(Files.lines)
      // This manifest refers to the package by another path.
      + [
        Files.lines(Files.consumer.appending(path: "Package.swift")).map {
          $0.replacingOccurrences(of: "\"../..\"", with: "\"../pinion\"")
        }
      ]
    for snippet in try snippets(in: document) {
      let isFound = sources.contains { $0.firstRange(of: snippet.code) != nil }
      #expect(
        isFound, "\(document.lastPathComponent), line \(snippet.line): not in the consumer package")
    }
  }

  @Test func documentsHaveSnippets() throws {
    for (name, count) in ["README.md": 3, "Layers.md": 3, "Training.md": 8, "FineTuning.md": 2] {
      let document = try #require(Self.documents.first { $0.lastPathComponent == name })
      #expect(try snippets(in: document).count >= count, "\(name)")
    }
  }

  @Test func readmeProgramIsCompiled() throws {
    let program = try Files.lines(Files.consumer.appending(path: "Sources/readme/main.swift"))
    let readme = try #require(Self.documents.first)
    #expect(try snippets(in: readme).contains { $0.code + [""] == program })
  }

  @Test func fineTuningProgramIsShort() throws {
    let program = try Files.lines(Files.consumer.appending(path: "Sources/photographs/main.swift"))
    let page = try #require(Self.documents.first { $0.lastPathComponent == "FineTuning.md" })
    #expect(try snippets(in: page).contains { $0.code + [""] == program })
    #expect(program.count < 60)
  }

  @Test func readmeProgramLearns() throws {
    let process = Process()
    process.executableURL = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      .appending(path: "readme")
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(output.contains("conv2d (Conv2D)"))
    let last = try #require(output.split(separator: "\n").last)
    let accuracy = last.split(separator: " ").dropFirst().first.flatMap { Double($0) }
    #expect(try #require(accuracy, "\(last)") > 0.95)
  }
}
