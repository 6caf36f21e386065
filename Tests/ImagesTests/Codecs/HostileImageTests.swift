import Foundation
import PinionTensor
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

  /// Chunks other than image data are not decompressed.
  @Test func textChunksAreNotDecompressed() {
    var png = TestPNG.gray([[1, 2]])
    let text =
      Array("Comment".utf8) + [0, 0] + TestPNG.compressed([UInt8](repeating: 0, count: 4 << 20))
    png.chunks = Array(repeating: (type: "zTXt", data: text), count: 900)
    #expect(failure(png.bytes) == nil)
  }
}
