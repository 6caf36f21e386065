import Foundation
import JPEGEncoder
import Pinion
import PinionInterchange
import PinionTestSupport

/// Valid files of formats that Pinion reads but does not write.
enum FileSeeds {
  /// Of every color type and depth, with each filter, and interlaced.
  static let png: [[UInt8]] = {
    func file(
      _ type: UInt8, _ depth: UInt8, isInterlaced: Bool = false, _ chunks: [[UInt8]] = []
    ) -> [UInt8] {
      let size = 5
      let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][type, default: 1]
      let mask = depth < 8 ? 0x55 : 0xFF
      func rows(_ width: Int, _ height: Int) -> [UInt8] {
        let count = (width * channels * Int(depth) + 7) / 8
        var rows: [UInt8] = []
        for row in 0..<height where count > 0 {
          rows.append(UInt8(row % 5))
          for byte in 0..<count { rows.append(UInt8((row * 31 + byte * 17) & mask)) }
        }
        return rows
      }
      // Widths and heights of the seven passes of an image of 5 × 5 (PNG specification, 8.2).
      let passes = [(1, 1), (1, 1), (2, 1), (1, 2), (3, 1), (2, 3), (5, 2)]
      let pixels = isInterlaced ? passes.flatMap { rows($0.0, $0.1) } : rows(size, size)
      var header = Array("IHDR".utf8)
      header += Endian.big(size, 4)
      header += Endian.big(size, 4)
      header += [depth, type, 0, 0, isInterlaced ? 1 : 0]
      var parts = [header]
      if type == 3 { parts.append(Array("PLTE".utf8) + [UInt8](0..<12)) }
      parts += chunks
      parts.append(Array("IDAT".utf8) + Deflate.deflated(pixels))
      parts.append(Array("IEND".utf8))
      return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + parts.flatMap(Deflate.chunk)
    }
    let transparency = Array("tRNS".utf8)
    return [
      file(0, 8), file(0, 1), file(0, 16, [transparency + [0, 3]]), file(2, 8), file(2, 16),
      file(2, 8, [transparency + [0, 1, 0, 2, 0, 3]]), file(3, 2), file(3, 2, [transparency + [9]]),
      file(4, 8), file(6, 8), file(6, 16), file(2, 8, isInterlaced: true),
      file(0, 8, [Array("gAMA".utf8) + [0, 0, 1, 0], Array("tEXt".utf8) + Array("a\0b".utf8)]),
      file(0, 8, [Array("eXIf".utf8) + exif(.little)]),
    ]
  }()

  static let jpeg: [[UInt8]] = {
    func file(
      _ channels: Int, _ size: Int, sampling: [Int32]? = nil, isProgressive: Bool = false
    ) -> [UInt8] {
      var count = 0
      let pixels = (0..<size * size * channels).map { UInt8(truncatingIfNeeded: $0 * 37) }
      let bytes = pinion_encode_jpeg(
        pixels, Int32(size), Int32(size), Int32(channels), 80, sampling, isProgressive ? 1 : 0,
        &count)
      defer { free(bytes) }
      return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
    func oriented(_ order: ByteOrder) -> [UInt8] {
      let segment = Array("Exif\0\0".utf8) + exif(order)
      let file = file(1, 8)
      return file[..<2] + [0xFF, 0xE1] + Endian.big(segment.count + 2, 2) + segment + file[2...]
    }
    return [
      file(1, 8), file(3, 9), file(3, 17, sampling: [2, 2, 1, 1, 1, 1]), file(4, 8),
      file(3, 16, isProgressive: true), oriented(.big), oriented(.little),
    ]
  }()

  enum ByteOrder { case big, little }

  /// A directory of one entry, the orientation 6 (Exif 2.3, 4.6.2).
  private static func exif(_ order: ByteOrder) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      order == .big ? Endian.big(value, count) : Endian.little(value, count)
    }
    var bytes = Array((order == .big ? "MM" : "II").utf8)
    bytes += number(42, 2) + number(8, 4)
    bytes += number(1, 2) + number(0x112, 2) + number(3, 2)
    bytes += number(1, 4) + number(6, 2) + [0, 0]
    return bytes + number(0, 4)
  }

  /// A folder, files, a long name and records of pax.
  static let tar: [UInt8] = {
    func entry(_ name: String, _ type: Character, _ contents: [UInt8]) -> [UInt8] {
      var header = [UInt8](repeating: 0, count: 512)
      func put(_ bytes: [UInt8], at place: Int) {
        header.replaceSubrange(place..<place + bytes.count, with: bytes)
      }
      put(Array(name.utf8), at: 0)
      put(Array("0000644\0".utf8), at: 100)
      put(Structure.octal(contents.count, digits: 11), at: 124)
      header[156] = type.asciiValue!
      put(Array("ustar\0".utf8), at: 257)
      put(Array("        ".utf8), at: 148)
      put(Structure.octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + [0], at: 148)
      return header + contents + [UInt8](repeating: 0, count: -contents.count & 511)
    }
    let long = "set/\(String(repeating: "n", count: 120))\0"
    let entries = [
      entry("set/", "5", []), entry("set/a", "0", [1, 2, 3]),
      entry("././@LongLink", "L", Array(long.utf8)), entry("set/cut", "0", [4]),
      entry("pax", "x", Array("14 path=set/b\n10 size=2\n".utf8)), entry("set/x", "0", [5, 6]),
      entry("pax", "g", Array("13 comment=a\n".utf8)),
    ]
    return entries.flatMap(\.self) + [UInt8](repeating: 0, count: 1024)
  }()
}

/// Valid files of models.
enum ModelSeeds {
  static func fixture(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: Fixture.folder.appending(path: path)))
  }

  static var chain: Graph {
    get throws {
      try Sequential(input: [4, 4, 1]) {
        Conv2D(2, kernel: 3, padding: .same, activation: .relu)
        MaxPool2D()
        Flatten()
        Dense(2, activation: .softmax)
      }.graph
    }
  }

  /// The network whose weights the files of Keras hold; read once.
  static let network = Result {
    try Network(keras: Fixture.folder.appending(path: "interchange/keras_chain.keras"))
  }

  /// A chain, and branches of many kinds of layers.
  static func graphs() throws -> [Graph] {
    let input = Input([4, 4, 2])
    let a = Conv2D(2, kernel: 3, padding: .same, activation: LeakyReLU(negativeSlope: 0.1))(input)
    let b = BatchNormalization()(DepthwiseConv2D(kernel: 3, padding: .same)(input))
    let sum = Add()(a, b)
    let c = Dropout(0.2)(Concatenate()(sum, Activation(.tanh)(a)))
    let pooled = GlobalAveragePooling2D()(AveragePool2D()(c))
    return [
      try chain,
      try Graph(input: input, output: Dense(3, activation: .softmax)(pooled), name: "branches"),
    ]
  }

  static var confusion: ConfusionMatrix {
    get throws {
      var confusion = try ConfusionMatrix(classNames: ["shirt", "coat"])
      try confusion.add(true: 0, predicted: 0)
      try confusion.add(true: 1, predicted: 0)
      return confusion
    }
  }

  static let history: History = {
    var history = History(directions: ["loss": .minimize, "accuracy": .maximize])
    history.record(epoch: 0, logs: ["loss": 0.5, "accuracy": 0.25, "learning_rate": 0.001])
    history.record(epoch: 1, logs: ["loss": 0.25, "accuracy": 0.5, "learning_rate": 0.001])
    return history
  }()
}
