import CPinionZlib
import Foundation
import PinionTestSupport

/// Little- and big-endian integers.
enum Endian {
  static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  static func big(_ value: Int, _ count: Int) -> [UInt8] { little(value, count).reversed() }

  static func number(_ bytes: some Collection<UInt8>) -> Int {
    bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  static func bigNumber(_ bytes: some Collection<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  static func crc32(_ bytes: [UInt8]) -> Int { Int(crc32_z(0, bytes, bytes.count)) }
}

extension Structure {
  /// Three parts: header, elements and nothing else; the length of the header in front, and
  /// Pinion's checksum in it, if it has one.
  static let safetensors = Structure { file in
    guard file.count >= 8 else { return nil }
    let length = Endian.number(file[..<8])
    guard length >= 0, length <= file.count - 8 else { return nil }
    return Split(parts: [.init(file[8..<8 + length]), .init(file[(8 + length)...])]) { parts in
      var bytes = Endian.little(parts[0].count, 8) + parts[0] + parts[1]
      let key = Array(#""pinion.crc32":""#.utf8)
      if let start = bytes.firstRange(of: key)?.upperBound, start + 8 <= bytes.count {
        bytes.replaceSubrange(start..<start + 8, with: "00000000".utf8)
        let sum = String(Endian.crc32(bytes), radix: 16)
        let digits = String(repeating: "0", count: 8 - sum.count) + sum
        bytes.replaceSubrange(start..<start + 8, with: digits.utf8)
      }
      return bytes
    }
  }

  /// The header's dimensions and the elements, whose number the first dimension gets.
  static let idx = Structure { file in
    guard file.count >= 4, file[..<3] == [0, 0, 8], file.count >= 4 + 4 * Int(file[3]) else {
      return nil
    }
    let end = 4 + 4 * Int(file[3])
    return Split(parts: [.init(file[..<end]), .init(file[end...])]) { parts in
      var header = parts[0]
      let sizes = stride(from: 8, to: header.count - 3, by: 4)
        .map { Endian.bigNumber(header[$0..<$0 + 4]) }
      let product = sizes.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
      if header.count >= 8, product > 0 {
        header.replaceSubrange(4..<8, with: Endian.big(parts[1].count / product, 4))
      }
      return header + parts[1]
    }
  }

  /// The contents of a gzip file.
  static func gzip(_ inner: Structure?) -> Structure {
    Structure { file in
      guard file.starts(with: [0x1F, 0x8B]) else { return inner?.split(file) }
      // A file of several members has no contents of its own.
      guard let contents = Deflate.inflated(file, windowBits: 15 + 16, isAlone: true) else {
        return nil
      }
      return Split(parts: [.init(contents, inner)]) { PinionTestSupport.gzip($0[0], level: 1) }
    }
  }

  /// The chunks of a PNG file; the image data are unpacked.
  static let png = Structure { file in
    guard file.count > 8 else { return nil }
    var parts: [Split.Part] = []
    var data: [UInt8] = []
    var position = 8
    while position + 12 <= file.count {
      let length = Endian.bigNumber(file[position..<position + 4])
      guard length <= file.count - position - 12 else { return nil }
      let body = file[position + 4..<position + 8 + length]
      position += 12 + length
      if body.starts(with: "IDAT".utf8) {
        data += body.dropFirst(4)
        // One part for all.
        if !parts.contains(where: { $0.bytes.starts(with: "IDAT".utf8) }) {
          parts.append(.init("IDAT".utf8))
        }
      } else {
        parts.append(.init(body))
      }
    }
    guard let rows = Deflate.inflated(data, windowBits: 15),
      let index = parts.firstIndex(where: { $0.bytes == Array("IDAT".utf8) })
    else { return nil }
    parts[index].bytes += rows
    return Split(parts: parts, isList: true) { parts in
      file[..<8]
        + parts.flatMap { part -> [UInt8] in
          guard part.starts(with: "IDAT".utf8) else { return Deflate.chunk(part) }
          return Deflate.chunk(Array("IDAT".utf8) + Deflate.deflated(Array(part.dropFirst(4))))
        }
    }
  }

  /// The segments of a JPEG file with their markers; data after a scan's header are a part too.
  static let jpeg = Structure { file in
    guard file.starts(with: [0xFF, 0xD8]) else { return nil }
    var parts: [Split.Part] = []
    var position = 2
    while position + 4 <= file.count, file[position] == 0xFF, file[position + 1] != 0xD9 {
      let length = Endian.bigNumber(file[position + 2..<position + 4])
      guard length >= 2, position + 2 + length <= file.count else { return nil }
      parts.append(.init([file[position + 1]] + file[position + 4..<position + 2 + length]))
      let isScan = file[position + 1] == 0xDA
      position += 2 + length
      guard isScan else { continue }
      let start = position
      while position + 1 < file.count,
        file[position] != 0xFF || file[position + 1] == 0 || file[position + 1] & 0xF8 == 0xD0
      { position += 1 }
      // Marked by a byte that is no marker.
      parts.append(.init([0] + file[start..<position]))
    }
    return Split(parts: parts, isList: true) { parts in
      [0xFF, 0xD8]
        + parts.flatMap { part -> [UInt8] in
          guard let marker = part.first, marker != 0 else { return Array(part.dropFirst()) }
          return [0xFF, marker] + Endian.big(part.count + 1, 2) + part.dropFirst()
        } + [0xFF, 0xD9]
    }
  }

  /// The headers of a tar archive, with their checksums, and the contents of its entries.
  static let tar = Structure { file in
    var parts: [Split.Part] = []
    var position = 0
    while position + 512 <= file.count, file[position] != 0 {
      let header = file[position..<position + 512]
      let digits = header[(position + 124)..<(position + 135)]
      let size = Int(String(decoding: digits, as: UTF8.self), radix: 8) ?? 0
      position += 512
      guard size >= 0, size <= file.count - position else { return nil }
      parts += [.init(header), .init(file[position..<position + size])]
      position = min(file.count, position + size + (-size & 511))
    }
    return Split(parts: parts) { parts in
      var bytes: [UInt8] = []
      for (index, part) in parts.enumerated() {
        guard index % 2 == 0, part.count >= 512 else {
          bytes += part + [UInt8](repeating: 0, count: -part.count & 511)
          continue
        }
        var header = Array(part[..<512])
        if index + 1 < parts.count, header[124] != 0x80 {
          header.replaceSubrange(124..<135, with: octal(parts[index + 1].count, digits: 11))
        }
        header.replaceSubrange(148..<156, with: "        ".utf8)
        let sum = header.reduce(0) { $0 + Int($1) }
        header.replaceSubrange(148..<155, with: octal(sum, digits: 6) + [0])
        bytes += header
      }
      return bytes + [UInt8](repeating: 0, count: 1024)
    }
  }

  static func octal(_ value: Int, digits: Int) -> [UInt8] {
    let text = String(value, radix: 8)
    return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
  }

  /// The fields of a message of protobuf; those of bytes are perhaps messages themselves.
  static let protobuf: Structure = Structure { message in
    var parts: [Split.Part] = []
    var position = 0
    func varint() -> Int? {
      var value = 0
      for shift in stride(from: 0, to: 63, by: 7) {
        guard position < message.count else { return nil }
        let byte = message[position]
        position += 1
        value |= Int(byte & 0x7F) << shift
        if byte < 0x80 { return value }
      }
      return nil
    }
    while position < message.count {
      let start = position
      guard let key = varint(), key >> 3 > 0, key >> 3 < 200 else { return nil }
      switch key & 7 {
      case 0: guard varint() != nil else { return nil }
      case 1: position += 8
      case 5: position += 4
      case 2:
        guard let length = varint(), length >= 0, length <= message.count - position else {
          return nil
        }
        // A key's first byte has at most seven bits of the field's number and type; it is kept.
        parts.append(
          .init(
            varintBytes(key) + message[position..<position + length], fieldContents()))
        position += length
        continue
      default: return nil
      }
      guard position <= message.count else { return nil }
      parts.append(.init([0] + message[start..<position]))
    }
    return Split(parts: parts, isList: true) { parts in
      parts.flatMap { part -> [UInt8] in
        guard let first = part.first, first != 0 else { return Array(part.dropFirst()) }
        let keySize = (part.firstIndex { $0 < 0x80 } ?? part.count - 1) + 1
        let contents = part[keySize...]
        return part[..<keySize] + varintBytes(contents.count) + contents
      }
    }
  }

  /// A key of protobuf and the contents of its field, which are a message, or bytes.
  private static func fieldContents() -> Structure {
    Structure { part in
      let keySize = (part.firstIndex { $0 < 0x80 } ?? part.count - 1) + 1
      guard keySize < part.count else { return nil }
      let inner: Structure? = protobuf.split(Array(part[keySize...])) == nil ? nil : protobuf
      return Split(parts: [.init(part[keySize...], inner)]) { part[..<keySize] + $0[0] }
    }
  }

  private static func varintBytes(_ value: Int) -> [UInt8] {
    var (rest, bytes): (Int, [UInt8]) = (value, [])
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// The header and the elements of NumPy's file; the header's length belongs to it.
  static let npy = Structure { file in
    guard file.count >= 12, file.starts(with: [0x93] + Array("NUMPY".utf8)) else { return nil }
    let size = file[6] == 1 ? 2 : 4
    let start = 8 + size
    let length = Endian.number(file[8..<start])
    guard length <= file.count - start else { return nil }
    return Split(parts: [.init(file[start..<start + length]), .init(file[(start + length)...])]) {
      Array(file[..<8]) + Endian.little($0[0].count, size) + $0[0] + $0[1]
    }
  }
}
