import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionImages

/// Files that declare more data than they contain.
@Suite struct HostileImageTests {
  func failure(_ bytes: [UInt8], pixelLimit: Int? = nil, isWhole: Bool = true) -> ImageFormatError?
  {
    let decoder = ImageDecoder(pixelLimit: pixelLimit)
    do throws(ImageFormatError) {
      if isWhole {
        var sink = RasterSink()
        try decoder.decode(bytes, into: &sink)
      } else {
        var sink = ResamplingSink(height: 8, width: 8, channels: 1, transparency: .ignored)
        try decoder.decode(bytes, into: &sink)
      }
      return nil
    } catch {
      return error
    }
  }

  /// Counts work instead of time, which is independent of the machine: 499 scans of 2¹⁸ blocks
  /// would take ten seconds.
  @Test func scanCountIsBoundedByFileSize() {
    let many = TestJPEG.scans(499, width: 4096, height: 4096)
    let limits = DecodingLimits(fileSize: many.count, pixelLimit: nil)
    #expect(limits.blocks < 20 << 18)
    #expect(failure(many, isWhole: false)?.place == "scans")
    // The scans of a progressive photograph of that size, and many scans of a small image, are
    // allowed.
    #expect(failure(TestJPEG.scans(12, width: 4096, height: 4096), isWhole: false) == nil)
    #expect(failure(TestJPEG.scans(499, width: 128, height: 128)) == nil)
  }

  @Test func pixelCountIsBoundedByFileSize() {
    func png(_ side: Int, interlaced: Bool = false) -> [UInt8] {
      // A decompression bomb: rows of zeros of 1 MB.
      var png = TestPNG(width: side, height: side, bitDepth: 1, colorType: 0, rows: [])
      png.isInterlaced = interlaced
      png.packed = TestPNG.zeros(side * (side / 8 + 1))
      return png.bytes
    }
    #expect(failure(png(4_096), isWhole: false) == nil)
    let bomb = png(8_192)
    #expect(bomb.count < 20_000)
    #expect(failure(bomb, isWhole: false)?.found == "8192×8192")
    #expect(failure(bomb, pixelLimit: 1 << 26, isWhole: false) == nil)
  }

  @Test func memoryOfWholeImagesIsBounded() {
    // 2²⁴ pixels with three components of two bytes each, the coefficients of a progressive file.
    let header: [UInt8] = [8, 0x10, 0, 0x10, 0, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]
    let file =
      [0xff, 0xd8] + TestJPEG.segment(0xdb, [0] + [UInt8](repeating: 1, count: 64))
      + TestJPEG.segment(0xc2, header)
      + TestJPEG.segment(0xc4, [0x00, 1] + [UInt8](repeating: 0, count: 16))
      + TestJPEG.segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 0, 0]) + [0xff, 0xd9]
    let flaw = failure(file, isWhole: false)
    #expect(flaw?.expected.contains("bytes in memory") == true)
    #expect(flaw?.found.contains("4096×4096") == true)
    var png = TestPNG(width: 4096, height: 4096, colorType: 6, rows: [[1, 2, 3, 4]])
    png.isInterlaced = true
    #expect(self.failure(png.bytes, isWhole: false)?.expected.contains("bytes in memory") == true)
    png.isInterlaced = false
    #expect(self.failure(png.bytes)?.expected.contains("bytes in memory") == true)
  }

  /// Files of each kind, read in a process of its own.
  @Test func memoryAndTimeAreBoundedByTheFileSize() async {
    await #expect(processExitsWith: .success) {
      func noise(_ count: Int) -> [UInt8] {
        var state: UInt64 = 1
        return (0..<count).map { _ in
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          return UInt8(truncatingIfNeeded: state >> 33)
        }
      }
      func png(
        _ side: Int, _ colorType: UInt8, depth: UInt8 = 8, interlaced: Bool = false,
        orientation: UInt8 = 1
      ) -> [UInt8] {
        let bits = side * Int(depth) * [0: 1, 2: 3, 6: 4][colorType, default: 1]
        var png = TestPNG(
          width: side, height: side, bitDepth: depth, colorType: colorType, rows: [])
        png.isInterlaced = interlaced
        png.chunks = [(type: "eXIf", data: TestEXIF.orientation(orientation))]
        png.packed = TestPNG.zeros(side * ((bits + 7) / 8 + 1))
        return png.bytes
      }
      let jpeg = TestJPEG.encode(
        noise(3 * 1500 * 1000), width: 1500, height: 1000, channels: 3, isProgressive: true)
      let files: [(name: String, bytes: [UInt8])] = [
        ("one bit", png(4_096, 0, depth: 1)), ("too large", png(20_000, 0, depth: 1)),
        ("16 bits", png(2_048, 6, depth: 16)), ("RGB", png(4_000, 2)),
        ("mirrored", png(4_096, 2, orientation: 2)), ("turned", png(4_096, 2, orientation: 6)),
        ("interlaced", png(2_300, 6, interlaced: true)),
        ("interlaced too large", png(4_000, 6, interlaced: true)),
        ("12 scans", TestJPEG.scans(12, width: 4096, height: 4096)),
        ("499 scans", TestJPEG.scans(499, width: 4096, height: 4096)),
        ("499 small scans", TestJPEG.scans(499, width: 512, height: 512)), ("noise", jpeg),
        ("cut", Array(jpeg.prefix(200_000))),
      ]
      let place = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID())")
      defer { try? FileManager.default.removeItem(at: place) }
      for (name, bytes) in files {
        try Data(bytes).write(to: place)
        for isWhole in [true, false] {
          let usage = try ProcessUsage()
          if isWhole {
            _ = try? RasterImage(contentsOf: place, appliesOrientation: true)
          } else {
            _ = try? Tensor(imageFiles: [place], height: 32, width: 32)
          }
          let excess = try usage.excess(overFileOf: bytes.count)
          #expect(excess == nil, "\(name)")
        }
      }
    }
  }

  /// Chunks other than image data are not decompressed.
  @Test func textChunksAreNotDecompressed() {
    var png = TestPNG.gray([[1, 2]])
    let text =
      Array("Comment".utf8) + [0, 0] + TestPNG.compressed([UInt8](repeating: 0, count: 4 << 20))
    png.chunks = Array(repeating: (type: "zTXt", data: text), count: 900)
    #expect(failure(png.bytes) == nil)
  }
}
