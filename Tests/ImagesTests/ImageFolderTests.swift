import Foundation
import PinionData
import PinionTensor
import Testing

@testable import PinionImages

@Suite struct ImageFolderTests {
  let album: Album
  let image = TestPNG.grey([[10, 20], [30, 40]]).bytes

  init() throws { album = try Album() }

  func load(channels: Int = 1) throws -> (dataset: ImageDataset, unreadable: [FileError]) {
    try ImageFolder.load(album.url, height: 2, width: 2, channels: channels)
  }

  @Test func classesAndFilesComeInTheOrderOfTheirBytes() throws {
    for (number, name) in ["b/2", "b/10", "B/x", "b/sub/1", "a/z", "a/ü"].enumerated() {
      try album.write(TestPNG.grey([[UInt8(number)]]).bytes, to: name)
    }
    try album.write(image, to: "a/.hidden")
    try album.write(image, to: ".hidden/x")
    try album.write(image, to: "beside the classes.png")
    let (dataset, unreadable) = try load()
    #expect(dataset.classNames == ["B", "a", "b"])
    #expect(dataset.labels == [0, 1, 1, 2, 2, 2])
    #expect(
      (0..<6).map { dataset.pixels[$0 * 4] } == [2, 4, 5, 1, 0, 3])
    #expect(unreadable.isEmpty)
  }

  @Test func imagesAreStretchedAndConverted() throws {
    try album.write(image, to: "a/1")
    let (dataset, _) = try ImageFolder.load(
      album.url, height: 1, width: 4, channels: 3, encoding: .oneHot)
    #expect(dataset.inputShape == [1, 4, 3])
    #expect(dataset.targetShape == [1])
    // Columns 20 and 30 on average; a quarter pixel beyond the centres nothing changes.
    let grey: [UInt8] = [20, 23, 28, 30]
    #expect(dataset.pixels == grey.flatMap { [$0, $0, $0] })
  }

  @Test func linksAreFollowed() throws {
    try album.write(image, to: "elsewhere/1")
    let other = try Album()
    try other.link("class", to: album.url.appending(path: "elsewhere").path)
    try other.link("class2", to: album.url.appending(path: "elsewhere").path)
    let (dataset, _) = try ImageFolder.load(other.url, height: 2, width: 2, channels: 1)
    #expect(dataset.classNames == ["class", "class2"])
    #expect(dataset.count == 2)
  }

  @Test func linksInACircleAreAnError() throws {
    try album.write(image, to: "a/1")
    try album.link("a/back", to: "..")
    let error = #expect(throws: FileError.self) { try load() }
    #expect(error?.file == album.url.appending(path: "a/back").path)
    #expect(error?.found == "a folder that it lies in")
  }

  @Test func aClassThatIsALinkToItselfIsAnError() throws {
    try album.write(image, to: "a/1")
    try album.link("b", to: "b")
    let error = #expect(throws: FileError.self) { try load() }
    #expect(error?.file == album.url.appending(path: "b").path)
    #expect(error?.found == "Too many levels of symbolic links")
  }

  @Test func linksToNowhereAreUnreadableFiles() throws {
    try album.write(image, to: "a/1")
    try album.link("a/lost", to: "nowhere")
    try album.link("a/round", to: "round")
    let (dataset, unreadable) = try load()
    #expect(dataset.count == 1)
    #expect(
      unreadable.map(\.found) == [
        "No such file or directory", "Too many levels of symbolic links",
      ])
  }

  @Test func specialFilesAreUnreadable() throws {
    try album.write(image, to: "a/1")
    mkfifo(album.url.appending(path: "a/pipe").path, 0o600)
    #expect(try load().unreadable.map(\.found) == ["a special file"])
  }

  @Test func withoutImagesThereIsNoDataset() throws {
    var error = #expect(throws: FileError.self) { try load() }
    #expect(error?.found == "no subfolder")
    try album.makeFolder("a")
    error = #expect(throws: FileError.self) { try load() }
    #expect(error?.place == "class \"a\"")
    #expect(error?.found == "no files")
    try album.write([1], to: "a/1")
    error = #expect(throws: FileError.self) { try load() }
    #expect(error?.found == "1 unreadable, the first: other bytes")
    error = #expect(throws: FileError.self) {
      try ImageFolder.load(album.url.appending(path: "a/1"), height: 1, width: 1)
    }
    #expect(error?.expected == "a folder")
    error = #expect(throws: FileError.self) {
      try ImageFolder.load(album.url.appending(path: "missing"), height: 1, width: 1)
    }
    #expect(error?.found == "No such file or directory")
  }

  @Test(arguments: [(0, 1, 3), (1, -1, 3), (70_000, 1, 3), (1, 1, 2), (1, 1, 0)])
  func argumentsAreChecked(height: Int, width: Int, channels: Int) throws {
    try album.write(image, to: "a/1")
    #expect(throws: DatasetError.self) {
      try ImageFolder.load(album.url, height: height, width: width, channels: channels)
    }
  }

  @Test func theLimitOfPixelsHolds() throws {
    try album.write(image, to: "a/1")
    try album.write(TestPNG.grey([[1, 2, 3], [4, 5, 6]]).bytes, to: "a/2")
    try album.write(
      TestJPEG.encode([1, 2, 3, 4, 5, 6], width: 3, height: 2, channels: 1), to: "a/3")
    let (dataset, unreadable) = try ImageFolder.load(
      album.url, height: 2, width: 2, channels: 1, pixelLimit: 5)
    #expect(dataset.count == 1)
    #expect(unreadable.map(\.found) == ["3×2", "3×2"])
  }
}
