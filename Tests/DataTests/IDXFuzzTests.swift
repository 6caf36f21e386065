import Foundation
import PinionData
import PinionTensor
import PinionTestSupport
import Testing

/// Thousands of broken files, the same in every run: each is read, or an error, and none traps.
@Suite struct IDXFuzzTests {
  let folder: TemporaryFolder
  let labelFile: URL
  static let pixels: [UInt8] = (0..<60).map { UInt8($0 * 4) }
  static let labels: [UInt8] = [0, 1, 2, 1, 0]
  static let images = idx([5, 4, 3], pixels)

  init() throws {
    folder = try TemporaryFolder()
    labelFile = try folder.write(idx([5], Self.labels), to: "sound labels")
  }

  /// The images of a file beside sound labels, or nil if it is refused with a `FileError`.
  func load(_ images: [UInt8]) throws -> ImageDataset? {
    let imageFile = try folder.write(images, to: "images")
    do throws(FileError) {
      return try ImageDataset(
        idxImages: imageFile, idxLabels: labelFile, classNames: ["a", "b", "c"])
    } catch {
      #expect(!error.place.isEmpty && !error.expected.isEmpty && !error.found.isEmpty)
      return nil
    }
  }

  @Test func truncationsAreRefused() throws {
    for bytes in [Self.images, gzip(Self.images)] {
      #expect(try load(bytes)?.pixels == Self.pixels)
      for length in bytes.indices { #expect(try load(Array(bytes[..<length])) == nil) }
    }
  }

  // What a flipped bit of a packed file leaves readable is a field that says nothing about the
  // contents.
  @Test func flippedBitsNeverChangeWhatIsUnpacked() throws {
    var readable = 0
    for level: Int32 in [0, 9] {
      let packed = gzip(Self.images, level: level)
      for position in packed.indices {
        for bit in 0..<8 {
          var bytes = packed
          bytes[position] ^= 1 << bit
          guard let loaded = try load(bytes) else { continue }
          #expect(loaded.pixels == Self.pixels)
          readable += 1
        }
      }
    }
    #expect(readable < 2 * 8 * 8)
  }

  @Test func flippedBitsOfPlainFilesKeepTheShape() throws {
    for position in Self.images.indices {
      for bit in 0..<8 {
        var bytes = Self.images
        bytes[position] ^= 1 << bit
        #expect(try (load(bytes) != nil) == (position >= 16))
      }
    }
  }

  @Test func splicedFilesNeverTrap() throws {
    var generator = RandomStream(seed: 42, purpose: "splices").generator
    func piece(of bytes: [UInt8]) -> Range<Int> {
      let first = generator.next(below: bytes.count + 1)
      return first..<first + generator.next(below: bytes.count - first + 1)
    }
    var loaded = 0
    for round in 0..<3_000 {
      let original = round % 2 == 0 ? gzip(Self.images) : Self.images
      var bytes = original
      for _ in 0...generator.next(below: 2) {
        bytes.replaceSubrange(piece(of: bytes), with: original[piece(of: original)])
      }
      if try load(bytes) != nil { loaded += 1 }
    }
    #expect(loaded < 300)
  }

  @Test func randomHeadersNeverTrap() throws {
    var generator = RandomStream(seed: 42, purpose: "headers").generator
    for round in 0..<2_000 {
      var bytes = Self.images
      for position in 4..<16 where generator.next(below: 3) == 0 {
        bytes[position] = UInt8(generator.next(below: 256))
      }
      let isIntact = bytes == Self.images
      #expect(try (load(round % 2 == 0 ? gzip(bytes) : bytes) != nil) == isIntact)
    }
  }

  @Test func brokenLabelsAreNamed() throws {
    let images = try folder.write(Self.images, to: "images")
    func error(_ labels: [UInt8]) throws -> FileError? {
      let file = try folder.write(labels, to: "labels")
      return #expect(throws: FileError.self) {
        try ImageDataset(idxImages: images, idxLabels: file, classNames: ["a", "b", "c"])
      }
    }
    let path = folder.url.appending(path: "labels").path
    #expect(
      try error(idx([5], [0, 1, 2, 3, 0]))
        == FileError(file: path, place: "label 3", expected: "0...2", found: "3"))
    #expect(
      try error(idx([4], [0, 1, 2, 1]))
        == FileError(file: path, place: "the dimensions", expected: "(5,)", found: "(4,)"))
    #expect(try error(Self.images)?.place == "the number of dimensions")
  }
}
