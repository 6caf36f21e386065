import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionImages

@Suite struct ImageDecoderTests {
  func decode(_ bytes: [UInt8], appliesOrientation: Bool = false) throws -> RasterImage {
    let folder = try TemporaryFolder()
    try folder.write(bytes, to: "image")
    return try RasterImage(
      contentsOf: folder.url.appending(path: "image"), appliesOrientation: appliesOrientation)
  }

  func image(_ channels: Int, _ bytes: [UInt8]) -> RasterImage {
    RasterImage(height: 1, width: bytes.count / channels, channels: channels, bytes: bytes)
  }

  @Test func allKindsOfPNGAreRead() throws {
    let palette = (type: "PLTE", data: [255, 0, 0, 0, 255, 0, 0, 0, 255] as [UInt8])
    #expect(try decode(TestPNG.gray([[1, 200]]).bytes) == image(1, [1, 200]))
    #expect(try decode(TestPNG.rgb([[1, 2, 3, 4, 5, 6]]).bytes) == image(3, [1, 2, 3, 4, 5, 6]))
    #expect(
      try decode(TestPNG(width: 2, height: 1, colorType: 4, rows: [[1, 255, 9, 128]]).bytes)
        == image(2, [1, 255, 9, 128]))
    #expect(
      try decode(TestPNG(width: 1, height: 1, colorType: 6, rows: [[1, 2, 3, 4]]).bytes)
        == image(4, [1, 2, 3, 4]))
    #expect(
      try decode(
        TestPNG(width: 3, height: 1, colorType: 3, rows: [[2, 0, 1]], chunks: [palette]).bytes)
        == image(3, [0, 0, 255, 255, 0, 0, 0, 255, 0]))
    // A palette whose first color is half transparent.
    #expect(
      try decode(
        TestPNG(
          width: 2, height: 1, colorType: 3, rows: [[0, 1]],
          chunks: [palette, (type: "tRNS", data: [128])]
        ).bytes) == image(4, [255, 0, 0, 128, 0, 255, 0, 255]))
    #expect(
      try decode(
        TestPNG(width: 9, height: 1, bitDepth: 1, colorType: 0, rows: [[0xa5, 0x80]]).bytes)
        == image(1, [255, 0, 255, 0, 0, 255, 0, 255, 255]))
    #expect(
      try decode(TestPNG(width: 2, height: 1, bitDepth: 4, colorType: 0, rows: [[0x3c]]).bytes)
        == image(1, [0x33, 0xcc]))
    // 16-bit samples are reduced to their high bytes.
    #expect(
      try decode(
        TestPNG(
          width: 3, height: 1, bitDepth: 16, colorType: 0,
          rows: [[0, 0xff, 0x80, 0x00, 0xff, 0xff]]
        ).bytes) == image(1, [0, 128, 255]))
  }

  @Test func grayAndColoredJPEGsAreRead() throws {
    let gray = try decode(
      TestJPEG.encode([UInt8](repeating: 77, count: 64), width: 8, height: 8, channels: 1))
    #expect(gray.channels == 1)
    #expect(gray.bytes == [UInt8](repeating: 77, count: 64))
    let red = try decode(
      TestJPEG.encode((0..<64).flatMap { _ in [200, 30, 60] }, width: 8, height: 8, channels: 3))
    #expect((red.height, red.width, red.channels) == (8, 8, 3))
    for (index, byte) in red.bytes.enumerated() {
      #expect(abs(Int(byte) - [200, 30, 60][index % 3]) <= 3)
    }
  }

  @Test(
    arguments: [
      ("RIFF\0\0\0\0WEBPVP8 ", "a WebP file"), ("BM123456789012", "a BMP file"),
      ("II*\0abcdefgh", "a TIFF file"), ("\0\0\0\u{1c}ftypavif", "an AVIF file"),
      ("\0\0\0\u{18}ftypheic", "a HEIC file"), ("P5 1 1 255 x", "an unknown format"),
    ])
  func otherFormatsAreNamed(content: String, found: String) {
    let error = #expect(throws: FileError.self) { try decode(Array(content.utf8)) }
    #expect(error?.found == found)
    #expect(error?.expected == "a PNG or a JPEG file")
  }

  /// The default image, which PIL and TensorFlow read.
  @Test func animatedPNGsAreReadWithoutTheirAnimation() throws {
    var png = TestPNG.gray([[1, 2], [3, 4]])
    let frame: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 10, 0, 0]
    png.chunks = [
      (type: "acTL", data: [0, 0, 0, 2, 0, 0, 0, 0]), (type: "fcTL", data: [0, 0, 0, 0] + frame),
    ]
    let end = TestPNG.chunk("IEND", [])
    let second = TestPNG.compressed([0, 9, 9, 0, 9, 9])
    let bytes =
      png.bytes.dropLast(end.count) + TestPNG.chunk("fcTL", [0, 0, 0, 1] + frame)
      + TestPNG.chunk("fdAT", [0, 0, 0, 2] + second) + end
    #expect(try decode(Array(bytes)).bytes == [1, 2, 3, 4])
  }

  /// PIL reads a zlib stream without its checksum, as no pixel is missing.
  @Test(arguments: [false, true])
  func pixelsWithoutChecksumAreRead(isInterlaced: Bool) throws {
    let width = isInterlaced ? 1 : 5
    let rows = (0..<5).map { row in (0..<width).map { UInt8(row * 7 + $0 * 40) } }
    var png = TestPNG.gray(rows)
    png.isInterlaced = isInterlaced
    // In passes 1, 3, 5 and 7, a column of one pixel has rows 0; 4; 2; 1 and 3.
    let stored = isInterlaced ? [0, 4, 2, 1, 3].map { rows[$0] } : rows
    let packed = TestPNG.compressed(stored.flatMap { [0] + $0 })
    png.packed = packed
    #expect(try decode(png.bytes).bytes == rows.flatMap { $0 })
    png.packed = packed.dropLast(4)
    #expect(try decode(png.bytes).bytes == rows.flatMap { $0 })
    png.packed = TestPNG.compressed(stored.dropLast().flatMap { [0] + $0 }).dropLast(4)
    #expect(throws: (any Error).self) { try decode(png.bytes) }
  }

  /// PIL unpacks with the largest window, whatever the file declares.
  @Test func windowsThatAreTooSmallAreRead() throws {
    var state: UInt32 = 1
    let row = (0..<1_000).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    let rows = [[UInt8]](repeating: row, count: 20)
    var png = TestPNG.gray(rows)
    var packed = TestPNG.compressed(rows.flatMap { [0] + $0 })
    // Repeated from the row before, 1,001 bytes away, with a window of 256 bytes (RFC 1950, 2.2).
    packed.replaceSubrange(..<2, with: [0x08, 0x1d])
    png.packed = packed
    #expect(try decode(png.bytes).bytes == rows.flatMap { $0 })
  }

  /// As PIL's `exif_transpose` does: behind the pixels, with the start that belongs to JPEG files,
  /// and as a long number.
  @Test func orientationsOfUnusualFormsAreApplied() throws {
    let turned = RasterImage(height: 2, width: 3, channels: 1, bytes: [5, 3, 1, 6, 4, 2])
    let png = TestPNG.gray([[1, 2], [3, 4], [5, 6]])
    let exif = TestEXIF.orientation(6)
    let long = TestEXIF.orientation(6, type: 4)
    for data in [exif, TestEXIF.prefix + exif, long] {
      var before = png
      before.chunks = [(type: "eXIf", data: data)]
      #expect(try decode(before.bytes, appliesOrientation: true) == turned)
      #expect(try decode(before.bytes).bytes == [1, 2, 3, 4, 5, 6])
      let end = TestPNG.chunk("IEND", [])
      let behind = png.bytes.dropLast(end.count) + TestPNG.chunk("eXIf", data) + end
      #expect(try decode(Array(behind), appliesOrientation: true) == turned)
    }
    let jpeg = TestJPEG.encode(
      [UInt8](repeating: 77, count: 128), width: 8, height: 16, channels: 1)
    for data in [exif, TestEXIF.prefix + exif, long] {
      let segment = TestJPEG.segment(0xe1, TestEXIF.prefix + data)
      let image = try decode(jpeg[..<2] + segment + jpeg[2...], appliesOrientation: true)
      #expect((image.height, image.width) == (8, 16))
    }
    // Neither is a number of another type.
    let other = TestPNG.gray([[1, 2]])
    var text = other
    text.chunks = [(type: "eXIf", data: TestEXIF.orientation(6, type: 2))]
    #expect(try decode(text.bytes, appliesOrientation: true) == decode(other.bytes))
  }

  /// A header that declares more than the file can contain costs no memory.
  @Test func falseSizesAreRefused() {
    let png = TestPNG(width: 1000, height: 1000, colorType: 0, rows: [[1]])
    let error = #expect(throws: FileError.self) { try decode(png.bytes) }
    #expect(error?.place == "size")
    #expect(error?.found == "1000×1000")
  }

  /// Truncations and single-byte changes give an image or an error.
  @Test func corruptFilesDoNotTrap() {
    let files = [
      TestPNG.rgb([[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]]).bytes,
      TestJPEG.encode(
        (0..<192).map { UInt8($0) }, width: 8, height: 8, channels: 3),
      TestJPEG.encode(
        (0..<64).map { UInt8($0) }, width: 8, height: 8, channels: 1, isProgressive: true),
    ]
    let decoder = ImageDecoder(pixelLimit: 1 << 16, appliesOrientation: true)
    func tryToDecode(_ bytes: [UInt8]) {
      var sink = RasterSink()
      _ = try? decoder.decode(bytes, into: &sink)
    }
    for file in files {
      for count in 0..<file.count { tryToDecode(Array(file.prefix(count))) }
      for position in file.indices {
        for change: UInt8 in [0x01, 0x80, 0xff] {
          var bytes = file
          bytes[position] ^= change
          tryToDecode(bytes)
        }
      }
    }
  }
}
