import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionData

/// The layout, on data sets of a few records.
@Suite struct CIFARFormatTests {
  let folder: TemporaryFolder
  let format = CIFARFormat(
    title: "Tiny", folderName: "tiny-bin", archive: "tiny.tar.gz", downloadName: "tiny",
    training: [.init(name: "a.bin", count: 3), .init(name: "b.bin", count: 200)],
    test: .init(name: "t.bin", count: 1),
    labels: [
      CIFARLabel(name: "coarse label", classNames: ["x", "y"], namesFile: "coarse.txt"),
      CIFARLabel(name: "fine label", classNames: ["p", "q", "r"], namesFile: "fine.txt"),
    ])

  init() throws { folder = try TemporaryFolder() }

  /// A record whose bytes in the plane p are (seed + p + position) mod 251.
  func record(_ seed: Int, coarse: UInt8 = 1, fine: UInt8 = 2) -> [UInt8] {
    [coarse, fine]
      + (0..<3).flatMap { plane in (0..<1_024).map { UInt8((seed + plane + $0) % 251) } }
  }

  func write(_ name: String, _ records: [[UInt8]]) throws {
    try folder.write(Array(records.joined()), to: "tiny-bin/\(name)")
  }

  func writeAll() throws {
    try write("a.bin", [record(0), record(1, coarse: 0, fine: 0), record(2)])
    try write("b.bin", (0..<200).map { record($0, fine: UInt8($0 % 3)) })
    try write("t.bin", [record(9, fine: 1)])
  }

  func error() -> FileError? {
    #expect(throws: FileError.self) { try format.load(from: folder.url) }
  }

  @Test func planesBecomePixels() throws {
    try writeAll()
    let (train, test) = try format.load(from: folder.url, label: 1)
    #expect(train.count == 203 && test.count == 1)
    #expect(train.inputShape == [32, 32, 3])
    #expect(train.classNames == ["p", "q", "r"])
    #expect(train.labels.prefix(6) == [2, 0, 2, 0, 1, 2])
    for (index, seed) in [(0, 0), (2, 2), (3, 0), (202, 199)] {
      let expected = (0..<1_024).flatMap { pixel in
        (0..<3).map { UInt8((seed + $0 + pixel) % 251) }
      }
      #expect(Array(train.pixels[index * 3_072..<(index + 1) * 3_072]) == expected)
    }
    let coarse = try format.load(from: folder.url, label: 0)
    #expect(coarse.train.labels.prefix(4) == [1, 0, 1, 1])
    #expect(coarse.test.classNames == ["x", "y"])
    #expect(coarse.test.pixels == test.pixels)
  }

  @Test func packedFilesAreRead() throws {
    try writeAll()
    try folder.write(gzip(record(5)), to: "tiny-bin/t.bin.gz")
    #expect(try format.load(from: folder.url).test.pixels.first == 5)
  }

  @Test func filesOfAnotherLengthAreErrors() throws {
    try writeAll()
    try write("b.bin", (0..<199).map { record($0) })
    #expect(
      error()
        == FileError(
          file: folder.url.appending(path: "tiny-bin/b.bin").path, place: "record 199",
          expected: "3074 bytes, as in each of 200 records", found: "0"))
    try write("b.bin", (0..<199).map { record($0) } + [Array(record(0).dropLast())])
    #expect(error()?.found == "3073")
    try write("b.bin", (0..<200).map { record($0) } + [[0]])
    #expect(error()?.place == "after 200 records of 3074 bytes")
    #expect(error()?.found == "more bytes")
    try write("b.bin", [])
    #expect(error()?.place == "record 0")
  }

  @Test func labelsOutsideTheClassesAreErrorsWithTheRecord() throws {
    try writeAll()
    try write("a.bin", [record(0), record(1), record(2, fine: 3)])
    #expect(
      error()
        == FileError(
          file: folder.url.appending(path: "tiny-bin/a.bin").path,
          place: "the fine label of record 2", expected: "0...2", found: "3"))
    // The label that was not asked for is checked too, and the number is that in the file.
    try write("a.bin", (0..<3).map { record($0) })
    try write("b.bin", (0..<200).map { record($0, coarse: $0 == 150 ? 255 : 0) })
    #expect(error()?.place == "the coarse label of record 150")
  }

  @Test func missingFilesAndFoldersInTheirPlaceAreErrors() throws {
    #expect(throws: DatasetNotFound.self) { try format.load(from: folder.url) }
    try writeAll()
    let test = folder.url.appending(path: "tiny-bin/t.bin")
    try FileManager.default.removeItem(at: test)
    #expect(error()?.found == "no such file")
    try FileManager.default.createDirectory(at: test, withIntermediateDirectories: true)
    #expect(error()?.found == "a directory")
  }

  @Test func theErrorSaysHowToProvideTheData() throws {
    let error = try #require(throws: DatasetNotFound.self) {
      try format.load(from: folder.url)
    }
    #expect(error.files == ["a.bin", "b.bin", "t.bin"])
    #expect(error.remedies.count == 3)
    #expect(
      error.remedies[0].hasPrefix(
        "pinion-datasets download tiny, or https://www.cs.toronto.edu/~kriz/tiny.tar.gz, "))
  }

  @Test func namesMustAgreeWhereTheyAreGiven() throws {
    try writeAll()
    func names(_ text: String) throws {
      try folder.write(Array(text.utf8), to: "tiny-bin/fine.txt")
    }
    for text in ["p\nq\nr", "p\nq\nr\n\n", "p\r\nq\r\nr\r\n"] {
      try names(text)
      #expect(try format.load(from: folder.url).train.count == 203)
    }
    try names("p\nQ\nr\n")
    #expect(
      error()
        == FileError(
          file: folder.url.appending(path: "tiny-bin/fine.txt").path, place: "name 1",
          expected: "\"q\"", found: "\"Q\""))
    try names("p\nq\n")
    #expect(error()?.place == "the names")
    #expect(error()?.found == "2")
    try folder.write([UInt8](repeating: 10, count: 1 << 16 + 1), to: "tiny-bin/fine.txt")
    #expect(error()?.place == "after the names")
    // Bytes that are no UTF-8.
    try folder.write([0xff, 10, 0xfe, 10, 0x80], to: "tiny-bin/fine.txt")
    #expect(error()?.place == "name 0")
  }
}
