import Foundation
import PinionData
import PinionTensor
import PinionTestSupport
import Testing

@Suite struct IDXArrayTests {
  let folder: TemporaryFolder
  static let elements: [UInt8] = (0..<24).map { UInt8($0 * 10) }
  static let images = idx([2, 3, 4], elements)

  init() throws { folder = try TemporaryFolder() }

  func read(_ bytes: [UInt8], rank: Int = 3) throws -> IDXArray {
    try IDXArray(contentsOf: folder.write(bytes, to: "file"), rank: rank)
  }

  func error(_ bytes: [UInt8], rank: Int = 3) -> FileError? {
    #expect(throws: FileError.self) { try read(bytes, rank: rank) }
  }

  @Test func plainFilesAreRead() throws {
    let array = try read(Self.images)
    #expect(array.shape == [2, 3, 4])
    #expect(array.bytes == Self.elements)
    #expect(try read(idx([3], [7, 8, 9]), rank: 1).bytes == [7, 8, 9])
  }

  @Test(arguments: [0, 1, 6, 9] as [Int32]) func packedFilesAreRead(level: Int32) throws {
    let array = try read(gzip(Self.images, level: level))
    #expect(array.shape == [2, 3, 4])
    #expect(array.bytes == Self.elements)
  }

  // Larger than the buffers, incompressible and compressible.
  @Test func largeFilesAreRead() throws {
    var generator = RandomStream(seed: 1, stream: 0).generator
    let noise = (0..<300_000).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    for elements in [noise, [UInt8](repeating: 0, count: 300_000)] {
      let bytes = idx([300, 1_000], elements)
      #expect(try read(bytes, rank: 2).bytes == elements)
      #expect(try read(gzip(bytes), rank: 2).bytes == elements)
      #expect(try read(gzip(bytes, level: 9), rank: 2).bytes == elements)
    }
  }

  @Test func membersAreOneFile() throws {
    for boundary in 0...Self.images.count {
      let (first, second) = (Self.images[..<boundary], Self.images[boundary...])
      let bytes = gzip(Array(first)) + gzip(Array(second)) + gzip([])
      #expect(try read(bytes).bytes == Self.elements)
    }
  }

  /// As tapes fill their blocks, gzip and Python's module read, with or without a member behind.
  @Test(arguments: [1, 2, 511, 10_240, 200_000]) func zerosMayFollow(count: Int) throws {
    let zeros = [UInt8](repeating: 0, count: count)
    #expect(try read(gzip(Self.images) + zeros).bytes == Self.elements)
    let (first, second) = (Array(Self.images.prefix(9)), Array(Self.images.dropFirst(9)))
    #expect(try read(gzip(first) + zeros + gzip(second) + zeros).bytes == Self.elements)
    // They are no part of the contents.
    #expect(error(gzip(first) + zeros) != nil)
  }

  @Test func truncatedFilesAreErrors() {
    for bytes in [Self.images, gzip(Self.images), gzip(Self.images) + gzip([])] {
      for length in bytes.indices where length != gzip(Self.images).count {
        #expect(error(Array(bytes[..<length])) != nil)
      }
    }
  }

  @Test func whatFollowsIsAnError() {
    #expect(
      error(Self.images + [0])
        == FileError(
          file: folder.url.appending(path: "file").path, place: "after the elements",
          expected: "the end of the file", found: "more bytes"))
    #expect(error(gzip(Self.images + [0]))?.place == "after the elements")
    #expect(error(gzip(Self.images) + gzip([0]))?.place == "after the elements")
    let packed = gzip(Self.images)
    for garbage: [UInt8] in [[0x1f], [0x1f, 0], [1, 0, 0]] {
      #expect(error(packed + garbage)?.place == "byte \(packed.count)")
      let padded = packed + [UInt8](repeating: 0, count: 100_000)
      #expect(error(padded + garbage)?.place == "byte \(padded.count)")
    }
    #expect(error(packed + [0x1f, 0x8b, 8])?.place == "byte \(packed.count + 3)")
  }

  @Test func checksumAndLengthAreVerified() {
    var packed = gzip(Self.images)
    packed[packed.count - 8] ^= 1
    #expect(error(packed)?.found == "incorrect data check")
    packed[packed.count - 8] ^= 1
    packed[packed.count - 1] ^= 1
    #expect(error(packed)?.found == "incorrect length check")
  }

  @Test(arguments: [false, true]) func headersAreChecked(isPacked: Bool) {
    func error(_ magic: [UInt8], _ dimensions: [UInt32], rank: Int = 3) -> FileError? {
      let bytes = idx(dimensions, Self.elements, magic: magic)
      return self.error(isPacked ? gzip(bytes) : bytes, rank: rank)
    }
    #expect(error([0, 1, 8, 3], [2, 3, 4])?.place == "the first two bytes")
    #expect(error([3, 8, 0, 0], [2, 3, 4])?.place == "the first two bytes")
    #expect(error([0, 0, 0xd, 3], [2, 3, 4])?.found == "[13]")
    #expect(error([0, 0, 0xd, 3], [2, 3, 4])?.place == "the code of the element type")
    #expect(error([0, 0, 8, 1], [24])?.place == "the number of dimensions")
    #expect(error([0, 0, 8, 3], [2, 3, 4], rank: 1)?.place == "the number of dimensions")
    #expect(error([0, 0, 8, 3], [0, 3, 4])?.found == "(0, 3, 4)")
    #expect(error([0, 0, 8, 3], [2, 0, 4])?.place == "the dimensions")
    let most = UInt32.max
    #expect(error([0, 0, 8, 3], [most, most, most])?.place == "the dimensions")
    #expect(error([0, 0, 8, 3], [most, most, 1])?.place == "the dimensions")
    #expect(error([0, 0, 8, 3], [1 << 15, 1 << 15, 1])?.place == "the dimensions")
    // Within the limit, but more than the file can hold.
    #expect(error([0, 0, 8, 3], [1 << 12, 1 << 13, 1])?.place == "the elements")
    #expect(error([0, 0, 8, 3], [2, 3, 5])?.place == "the elements")
    #expect(error([0, 0, 8, 3], [2, 3, 3])?.place == "after the elements")
  }

  // A hundred million zeros behind a header that promises one: only what is asked for may be
  // unpacked.
  @Test func bombsAreNotUnpacked() {
    let bomb = gzip(idx([1], [UInt8](repeating: 0, count: 100_000_000)), level: 1)
    #expect(error(bomb, rank: 1)?.place == "after the elements")
  }

  @Test func limitsAreKept() throws {
    let file = try folder.write(Self.images, to: "limited")
    #expect(try IDXArray(contentsOf: file, rank: 3, byteLimit: 24).bytes.count == 24)
    #expect(throws: FileError.self) { try IDXArray(contentsOf: file, rank: 3, byteLimit: 23) }
    #expect(try IDXArray(contentsOf: file, shape: [2, 3, 4]).bytes == Self.elements)
    #expect(throws: FileError.self) { try IDXArray(contentsOf: file, shape: [2, 4, 3]) }
  }

  @Test func missingEmptyAndOtherFilesAreErrors() throws {
    func error(_ url: URL) -> FileError? {
      #expect(throws: FileError.self) { try IDXArray(contentsOf: url, rank: 3) }
    }
    #expect(
      error(folder.url.appending(path: "missing"))
        == FileError(
          file: folder.url.appending(path: "missing").path, place: "opening",
          expected: "a readable file", found: "No such file or directory"))
    #expect(error(folder.url)?.found == "a directory")
    #expect(error(URL(filePath: "/dev/null"))?.found == "a device, pipe or socket")
    #expect(self.error([])?.place == "the magic number")
    let pipe = folder.url.appending(path: "pipe")
    #expect(mkfifo(pipe.path, 0o600) == 0)
    #expect(error(pipe)?.found == "a device, pipe or socket")
    #expect(try error(#require(URL(string: "https://example.org/a")))?.place == "URL")
  }

  @Test(.enabled(if: geteuid() != 0, "root reads everything"))
  func unreadableFilesAreErrors() throws {
    let file = try folder.write(Self.images, to: "unreadable")
    #expect(chmod(file.path, 0) == 0)
    #expect(throws: FileError.self) { try IDXArray(contentsOf: file, rank: 3) }
  }
}
