import Foundation
import PinionData
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionImages

@Suite struct ImageFolderTests {
  let folder: TemporaryFolder
  let image = TestPNG.gray([[10, 20], [30, 40]]).bytes

  init() throws { folder = try TemporaryFolder() }

  func load(channels: Int = 1, classes: [String]? = nil) throws -> ImageFolder.Contents {
    try ImageFolder.load(folder.url, height: 2, width: 2, channels: channels, classes: classes)
  }

  @Test func classesAndFilesAreInByteOrder() throws {
    for (number, name) in ["b/2", "b/10", "B/x", "b/sub/1", "a/z", "a/ü"].enumerated() {
      try folder.write(TestPNG.gray([[UInt8(number)]]).bytes, to: name)
    }
    try folder.write(image, to: "a/.hidden")
    try folder.write(image, to: ".hidden/x")
    try folder.write(image, to: "beside the classes.png")
    let contents = try load()
    let dataset = contents.dataset
    #expect(dataset.classNames == ["B", "a", "b"])
    #expect(dataset.labels == [0, 1, 1, 2, 2, 2])
    #expect(
      (0..<6).map { dataset.pixels[$0 * 4] } == [2, 4, 5, 1, 0, 3])
    #expect(contents.unreadable.isEmpty)
    let skipped = contents.skipped.map { $0.file.dropFirst(folder.url.path.count + 1) }
    #expect(Set(skipped) == [".hidden", "a/.hidden", "beside the classes.png"])
  }

  @Test func imagesAreResizedAndConverted() throws {
    try folder.write(image, to: "a/1")
    let dataset = try ImageFolder.load(
      folder.url, height: 1, width: 4, channels: 3, encoding: .oneHot
    ).dataset
    #expect(dataset.inputShape == [1, 4, 3])
    #expect(dataset.targetShape == [1])
    // Columns 20 and 30 on average; constant from a quarter pixel beyond the centers.
    let gray: [UInt8] = [20, 23, 28, 30]
    #expect(dataset.pixels == gray.flatMap { [$0, $0, $0] })
  }

  @Test func linksAreFollowed() throws {
    try folder.write(image, to: "elsewhere/1")
    let other = try TemporaryFolder()
    try other.link("class", to: folder.url.appending(path: "elsewhere").path)
    try other.link("class2", to: folder.url.appending(path: "elsewhere").path)
    let dataset = try ImageFolder.load(other.url, height: 2, width: 2, channels: 1).dataset
    #expect(dataset.classNames == ["class", "class2"])
    #expect(dataset.count == 2)
  }

  @Test func cyclicLinksThrow() throws {
    try folder.write(image, to: "a/1")
    try folder.link("a/back", to: "..")
    let error = #expect(throws: FileError.self) { try load() }
    #expect(error?.file == folder.url.appending(path: "a/back").path)
    #expect(error?.found == "a link to a containing folder")
  }

  @Test func classLinkedToItselfThrows() throws {
    try folder.write(image, to: "a/1")
    try folder.link("b", to: "b")
    let error = #expect(throws: FileError.self) { try load() }
    #expect(error?.file == folder.url.appending(path: "b").path)
    #expect(error?.found == "Too many levels of symbolic links")
  }

  @Test func brokenLinksAreUnreadable() throws {
    try folder.write(image, to: "a/1")
    try folder.link("a/lost", to: "nowhere")
    try folder.link("a/round", to: "round")
    let contents = try load()
    #expect(contents.dataset.count == 1)
    #expect(
      contents.unreadable.map(\.found) == [
        "No such file or directory", "Too many levels of symbolic links",
      ])
  }

  @Test func specialFilesAreUnreadable() throws {
    try folder.write(image, to: "a/1")
    mkfifo(folder.url.appending(path: "a/pipe").path, 0o600)
    #expect(try load().unreadable.map(\.found) == ["a special file"])
  }

  @Test func emptyFoldersThrow() throws {
    var error = #expect(throws: FileError.self) { try load() }
    #expect(error?.found == "no subfolder")
    try folder.makeFolder("a")
    error = #expect(throws: FileError.self) { try load() }
    #expect(error?.expected == "at least one readable image")
    #expect(error?.found == "none")
    try folder.write([1], to: "a/1.png")
    error = #expect(throws: FileError.self) { try load() }
    #expect(error?.found == "1 unreadable, the first: an unknown format")
    error = #expect(throws: FileError.self) {
      try ImageFolder.load(folder.url.appending(path: "a/1.png"), height: 1, width: 1)
    }
    #expect(error?.expected == "a folder")
    error = #expect(throws: FileError.self) {
      try ImageFolder.load(folder.url.appending(path: "missing"), height: 1, width: 1)
    }
    #expect(error?.found == "No such file or directory")
  }

  @Test(arguments: [(0, 1, 3), (1, -1, 3), (70_000, 1, 3), (1, 1, 2), (1, 1, 0)])
  func invalidArgumentsThrow(height: Int, width: Int, channels: Int) throws {
    try folder.write(image, to: "a/1")
    #expect(throws: ArgumentError.self) {
      try ImageFolder.load(folder.url, height: height, width: width, channels: channels)
    }
  }

  @Test func pixelLimitIsApplied() throws {
    try folder.write(image, to: "a/1")
    try folder.write(TestPNG.gray([[1, 2, 3], [4, 5, 6]]).bytes, to: "a/2")
    try folder.write(
      TestJPEG.encode([1, 2, 3, 4, 5, 6], width: 3, height: 2, channels: 1), to: "a/3")
    let contents = try ImageFolder.load(
      folder.url, height: 2, width: 2, channels: 1, pixelLimit: 5)
    #expect(contents.dataset.count == 1)
    #expect(contents.unreadable.map(\.found) == ["3×2", "3×2"])
  }

  @Test func requestedClassesAreMatchedByName() throws {
    for name in ["0/1", "90/1", "270/1"] { try folder.write(image, to: name) }
    let classes = ["0", "90", "180", "270"]
    let contents = try load(classes: classes)
    #expect(contents.dataset.classNames == classes)
    #expect(contents.dataset.labels == [0, 1, 3])
    #expect(contents.emptyClasses == ["180"])
    // An empty folder is a class, whether requested or found.
    try folder.makeFolder("180")
    #expect(try load(classes: classes).dataset.labels == [0, 1, 3])
    #expect(try load().dataset.classNames == ["0", "180", "270", "90"])
    #expect(try load().dataset.labels == [0, 2, 3])
    #expect(try load().emptyClasses == ["180"])
  }

  @Test func foldersOfOtherClassesThrow() throws {
    try folder.write(image, to: "cat/1")
    let error = #expect(throws: FileError.self) { try load(classes: ["ant", "bee"]) }
    #expect(error?.file == folder.url.appending(path: "cat").path)
    #expect(error?.expected == "one of ant, bee")
    #expect(throws: ArgumentError.self) { try load(classes: ["cat", "cat"]) }
    #expect(throws: ArgumentError.self) { try load(classes: []) }
  }

  @Test func unicodeNormalizationsAreOneName() throws {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
    try folder.write(image, to: "\(decomposed)/1")
    try folder.write(image, to: "cafz/1")
    // In the order of the composed name's bytes.
    #expect(try load().dataset.classNames == ["cafz", composed])
    #expect(
      try load().dataset.classNames?.last?.utf8.elementsEqual(composed.utf8) == true)
    #expect(try load(classes: [composed, "cafz"]).dataset.labels == [0, 1])
    try folder.write(image, to: "\(composed)/2")
    let both = try load()
    #expect(both.dataset.classNames == ["cafz", composed])
    #expect(both.dataset.labels == [0, 1, 1])
  }

  @Test func otherFilesAreSkippedAndListed() throws {
    try folder.write(image, to: "a/1")
    try folder.write(image, to: "__MACOSX/a/2")
    try folder.write(image, to: "a/__MACOSX/3")
    try folder.write(image, to: "a/._1")
    for name in ["a/Thumbs.db", "a/notes.txt", "a/empty", "a/desktop.ini"] {
      try folder.write(name == "a/empty" ? [] : Array("text".utf8), to: name)
    }
    let contents = try ImageFolder.load(
      folder.url, height: 2, width: 2, channels: 1, onUnreadable: .fail)
    #expect(contents.dataset.count == 1)
    #expect(contents.dataset.classNames == ["a"])
    #expect(
      Set(contents.skipped.map { String($0.file.dropFirst(folder.url.path.count + 1)) })
        == [
          "__MACOSX", "a/__MACOSX", "a/._1", "a/Thumbs.db", "a/notes.txt", "a/empty",
          "a/desktop.ini",
        ])
    #expect(
      ImageFolder.SkippedFile(file: "a/\u{1b}[2J", reason: "hidden").description
        == "a/\\u{1B}[2J: hidden")
    // Files with an image's name or signature are not skipped.
    try folder.write([1], to: "a/broken.JPG")
    try folder.write(Array("GIF89a".utf8), to: "a/2")
    #expect(try load().unreadable.map(\.found) == ["a GIF file", "an unknown format"])
    #expect(throws: FileError.self) {
      try ImageFolder.load(folder.url, height: 2, width: 2, onUnreadable: .fail)
    }
  }

  @Test func nonUTF8NamesAreRead() throws {
    let name: [UInt8] = Array("caf".utf8) + [0xe9]
    folder.makeFolder(name)
    try folder.write(image, toBytes: name + Array("/".utf8) + [0xff])
    try folder.write([1], toBytes: name + Array("/".utf8) + [0xfe] + Array(".png".utf8))
    try folder.write(image, to: "tea/1")
    let contents = try load()
    #expect(contents.dataset.classNames == ["caf\\xE9", "tea"])
    #expect(contents.dataset.labels == [0, 1])
    #expect(
      contents.unreadable.map(\.file) == ["\(folder.url.path)/caf\\xE9/\\xFE.png"])
    #expect(try load(classes: ["tea", "caf\\xE9"]).dataset.labels == [0, 1])
    // A folder whose URL contains percent-encoded bytes that are not UTF-8.
    let subfolder = try #require(URL(string: "\(folder.url.absoluteString)caf%E9"))
    #expect(
      try SystemPath(subfolder).bytes == Array(folder.url.path.utf8) + [UInt8(ascii: "/")] + name)
    let file = try #require(URL(string: "\(subfolder.absoluteString)/%FF"))
    #expect(try RasterImage(contentsOf: file).height == 2)
  }

  /// Each folder contains two links to the next: the last one can be reached in 2²⁴ ways.
  @Test(.timeLimit(.minutes(10))) func multiplyLinkedFoldersAreReadOnce() throws {
    let chain = try TemporaryFolder()
    for level in 0..<25 {
      try chain.write(image, to: "\(level)/image")
      guard level < 24 else { continue }
      for link in ["left", "right"] { try chain.link("\(level)/\(link)", to: "../\(level + 1)") }
    }
    try folder.link("class", to: chain.url.appending(path: "0").path)
    let contents = try load()
    #expect(contents.dataset.count == 25)
    #expect(contents.skipped.count == 24)
    #expect(contents.skipped.first?.reason == "a folder read before")
  }
}
