internal import CPinionZlib

/// A PNG decoder for 8 bits per channel, written from the specification, independent of the
/// encoder.
package struct PNGDecoder {
  struct Fault: Error { let reason: String }

  package private(set) var width = 0
  package private(set) var height = 0
  package private(set) var channels = 0
  package private(set) var pixels: [UInt8] = []
  package private(set) var filters: Set<UInt8> = []

  package init(_ file: [UInt8]) throws {
    guard file.prefix(8).elementsEqual([137, 80, 78, 71, 13, 10, 26, 10]) else {
      throw Fault(reason: "signature")
    }
    var position = 8
    var packed: [UInt8] = []
    var names: [String] = []
    while position < file.count {
      let length = Self.number(file[position..<position + 4])
      let name = String(decoding: file[position + 4..<position + 8], as: UTF8.self)
      let body = Array(file[position + 8..<position + 8 + length])
      let stored = Self.number(file[position + 8 + length..<position + 12 + length])
      guard Self.crc(Array(name.utf8) + body) == UInt32(stored) else {
        throw Fault(reason: "CRC of \(name)")
      }
      names.append(name)
      if name == "IHDR" { try readHeader(body) }
      if name == "IDAT" { packed += body }
      position += 12 + length
    }
    guard names == ["IHDR", "IDAT", "IEND"] else { throw Fault(reason: "chunks \(names)") }
    try unfilter(Self.unpacked(packed, size: (width * channels + 1) * height))
  }

  private mutating func readHeader(_ body: [UInt8]) throws {
    (width, height) = (Self.number(body[0..<4]), Self.number(body[4..<8]))
    guard let known = [0: 1, 2: 3, 6: 4][Int(body[9])], body[8] == 8, body[10...] == [0, 0, 0]
    else { throw Fault(reason: "header \(body)") }
    channels = known
  }

  private mutating func unfilter(_ rows: [UInt8]) throws {
    let size = width * channels
    pixels = [UInt8](repeating: 0, count: size * height)
    for y in 0..<height {
      let filter = rows[y * (size + 1)]
      filters.insert(filter)
      for i in 0..<size {
        let a = i >= channels ? Int(pixels[y * size + i - channels]) : 0
        let b = y > 0 ? Int(pixels[(y - 1) * size + i]) : 0
        let c = i >= channels && y > 0 ? Int(pixels[(y - 1) * size + i - channels]) : 0
        let predicted: Int
        switch filter {
        case 0: predicted = 0
        case 1: predicted = a
        case 2: predicted = b
        case 3: predicted = (a + b) / 2
        case 4:
          let p = a + b - c
          let (pa, pb, pc) = (abs(p - a), abs(p - b), abs(p - c))
          predicted = pa <= pb && pa <= pc ? a : pb <= pc ? b : c
        default: throw Fault(reason: "filter \(filter)")
        }
        pixels[y * size + i] = rows[y * (size + 1) + 1 + i] &+ UInt8(predicted)
      }
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  /// Bit by bit, as in the specification's appendix D.
  private static func crc(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in
      (0..<8).reduce(crc ^ UInt32(byte)) { c, _ in c & 1 == 1 ? 0xedb8_8320 ^ c >> 1 : c >> 1 }
    }
  }

  private static func unpacked(_ packed: [UInt8], size: Int) throws -> [UInt8] {
    var output = [UInt8](repeating: 0, count: size)
    var length = uLong(size)
    guard uncompress(&output, &length, packed, uLong(packed.count)) == Z_OK, length == size else {
      throw Fault(reason: "zlib")
    }
    return output
  }
}
