import Foundation
import PinionTensor
import Testing

@testable import PinionData

@Suite struct DatasetLocatorTests {
  let folder: TemporaryFolder
  let locator = DatasetLocator(
    title: "Test-MNIST", folderName: "pinion-test", fileNames: ["images", "labels"],
    provision: "apt-get install dataset-test")

  init() throws { folder = try TemporaryFolder() }

  var environment: [String: String] {
    [
      "PINION_DATASETS": folder.url.appending(path: "sets").path,
      "XDG_CACHE_HOME": folder.url.appending(path: "xdg").path, "HOME": folder.url.path,
    ]
  }

  func found(_ environment: [String: String]? = nil, in directory: URL? = nil) throws -> [String] {
    try locator.locate(in: directory, environment: environment ?? self.environment).map { url in
      let root = folder.url.path + "/"
      return url.path.hasPrefix(root) ? String(url.path.dropFirst(root.count)) : url.path
    }
  }

  func provide(_ path: String) throws {
    try folder.write([1], to: path + "/images.gz")
    try folder.write([1], to: path + "/labels")
  }

  @Test func foldersAreSearchedInOrder() throws {
    try provide(".cache/pinion/pinion-test")
    var environment = environment
    environment["XDG_CACHE_HOME"] = "relative"
    #expect(
      try found(environment) == [
        ".cache/pinion/pinion-test/images.gz", ".cache/pinion/pinion-test/labels",
      ])
    try provide("xdg/pinion/pinion-test")
    #expect(try found()[0] == "xdg/pinion/pinion-test/images.gz")
    try provide("sets")
    #expect(try found() == ["sets/images.gz", "sets/labels"])
    try provide("sets/pinion-test")
    #expect(try found() == ["sets/pinion-test/images.gz", "sets/pinion-test/labels"])
    try provide("given")
    #expect(
      try found(in: folder.url.appending(path: "given")) == ["given/images.gz", "given/labels"])
  }

  @Test func theFilesMayLieInTheSubfolderOfTheFolderGiven() throws {
    try provide("given/pinion-test")
    let given = folder.url.appending(path: "given")
    #expect(
      try found(in: given) == ["given/pinion-test/images.gz", "given/pinion-test/labels"])
    try provide("given")
    #expect(try found(in: given)[0] == "given/pinion-test/images.gz")
  }

  @Test func theFolderGivenIsTheOnlyOne() throws {
    try provide("sets")
    let empty = folder.url.appending(path: "empty")
    let error = #expect(throws: DatasetNotFound.self) { try found(in: empty) }
    #expect(error?.searched == [empty.appending(path: "pinion-test").path, empty.path])
  }

  @Test func whatIsNowhereIsAnErrorThatHelps() throws {
    let error = try #require(throws: DatasetNotFound.self) { try found() }
    let root = folder.url.path
    #expect(
      error.description == """
        Test-MNIST was not found. Folders searched:
          \(root)/sets/pinion-test
          \(root)/sets
          \(root)/xdg/pinion/pinion-test
          /usr/share/datasets/pinion-test
        Files looked for, each with or without .gz: images, labels.
        Ways to provide them:
          - apt-get install dataset-test
          - --data DIR, where the program has that option: the folder with the files, or with the \
        subfolder pinion-test
          - $PINION_DATASETS: the absolute path of a folder with them, or with the \
        subfolder pinion-test
        """)
    #expect(
      try #require(throws: DatasetNotFound.self) { try found([:]) }.searched
        == ["/usr/share/datasets/pinion-test"])
  }

  /// In a process of its own, whose environment no other test reads.
  @Test func variablesMayNameFoldersThatAreNotUTF8() async {
    await #expect(processExitsWith: .success) {
      let tests = try DatasetLocatorTests()
      try tests.provide("plain")
      let path = Array((tests.folder.url.path + "/caf").utf8) + [0xE9, 0]
      let found = try path.withUnsafeBytes { bytes in
        let name = bytes.bindMemory(to: CChar.self).baseAddress!
        #expect(rename(tests.folder.url.path + "/plain", name) == 0)
        defer { rename(name, tests.folder.url.path + "/plain") }
        setenv("PINION_DATASETS", name, 1)
        return try tests.locator.locate(
          in: nil, environment: ProcessInfo.processInfo.environment)
      }
      #expect(
        found.map(SystemPath.text)
          == ["images.gz", "labels"].map { tests.folder.url.path + "/caf\\xE9/" + $0 })
      setenv("PINION_DATASETS", "/\u{fffd}", 1)
      let error = #expect(throws: DatasetNotFound.self) {
        try tests.locator.locate(in: nil, environment: ProcessInfo.processInfo.environment)
      }
      #expect(error?.searched.contains("/\u{fffd}") == true)
    }
  }

  @Test func aFolderWithSomeFilesIsNotPassedOver() throws {
    try provide("xdg/pinion/pinion-test")
    try folder.write([1], to: "sets/images")
    let error = #expect(throws: FileError.self) { try found() }
    #expect(error?.file == folder.url.appending(path: "sets/labels").path)
    #expect(error?.found == "no such file")
  }

  @Test func packedFilesComeFirst() throws {
    try provide("sets")
    try folder.write([1], to: "sets/images")
    #expect(try found()[0] == "sets/images.gz")
  }
}
