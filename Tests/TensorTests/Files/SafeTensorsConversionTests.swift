import Foundation
import PinionTensor
import Testing

/// Arrays of other types than ours, read as floats.
@Suite struct SafeTensorsConversionTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  /// A file of one array `a` of a type.
  private func file(_ type: String, _ bytes: [UInt8], count: Int) throws -> SafeTensorsFile {
    let header =
      #"{"a":{"dtype":"\#(type)","shape":[\#(count)],"data_offsets":[0,\#(bytes.count)]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
    try Data(length + Array(header.utf8) + bytes).write(to: folder["a"])
    return try SafeTensorsFile(contentsOf: folder["a"])
  }

  private func bytes<Value>(_ values: [Value]) -> [UInt8] { values.withUnsafeBytes { Array($0) } }

  /// The value of each of the 2¹⁶ bit patterns, by the format's definition.
  @Test func halfPrecisionIsExact() throws {
    let patterns = (0...UInt16.max).map(\.self)
    let values = try file("F16", bytes(patterns), count: patterns.count).elements(of: "a")
    for (pattern, value) in zip(patterns, values) {
      let (exponent, fraction) = (Int(pattern >> 10 & 0x1F), Float(pattern & 0x3FF))
      let sign: Float = pattern & 0x8000 == 0 ? 1 : -1
      if exponent == 0x1F {
        #expect(fraction == 0 ? value == sign * .infinity : value.isNaN)
        continue
      }
      let expected =
        exponent == 0
        ? sign * fraction * 0x1p-24
        : sign * (1 + fraction / 1024) * Float(sign: .plus, exponent: exponent - 15, significand: 1)
      #expect(value.bitPattern == expected.bitPattern)
    }
  }

  @Test func brainFloatsAreExact() throws {
    let patterns = stride(from: UInt16(0), through: .max - 7, by: 7).map(\.self)
    let values = try file("BF16", bytes(patterns), count: patterns.count).elements(of: "a")
    #expect(values.map(\.bitPattern) == patterns.map { UInt32($0) << 16 })
  }

  @Test func doublesAreRoundedToTheNearest() throws {
    let doubles: [Double] = [
      1, -0.0, 0.1, 1 + 0x1p-24, 1 + 0x1.8p-23, 1 + 0x1p-24 + 0x1p-50, 3e38, 1e-40, 1e-60, -1e-60,
      .infinity, -.infinity, .nan, Double(Float.greatestFiniteMagnitude),
    ]
    let values = try file("F64", bytes(doubles), count: doubles.count).elements(of: "a")
    #expect(values.map(\.isNaN) == doubles.map(\.isNaN))
    #expect(values.filter { !$0.isNaN } == doubles.filter { !$0.isNaN }.map { Float($0) })
    #expect(values[1].sign == .minus && values[9].sign == .minus)
    #expect(values[3] == 1 && values[4] == 1 + 0x1p-22 && values[5] == 1 + 0x1p-23)
  }

  @Test func doublesBeyondFloatsAreNamed() throws {
    var doubles = [Double](repeating: 1, count: 20_000)
    doubles[17_000] = -3.5e38
    let error = #expect(throws: FileError.self) {
      try file("F64", bytes(doubles), count: doubles.count).elements(of: "a")
    }
    #expect(error?.place == "tensor \"a\": element 17000")
    #expect(error?.found == "-3.5e+38")
  }

  @Test func manyElementsAndViewsAreConverted() throws {
    let numbers = (0..<40_000).map { Double($0) }
    let file = try file("F64", bytes(numbers), count: numbers.count)
    let buffer = AlignedBuffer(count: numbers.count)
    try file.copyElements(of: "a", into: buffer.view, shape: [40_000])
    #expect(buffer.view.indices.allSatisfy { buffer.view[$0] == Float($0) })
    #expect(throws: FileError.self) {
      try file.copyElements(of: "a", into: buffer.view[0..<39_999])
    }
  }

  @Test func integersAreRoundedToTheNearest() throws {
    func check<Integer: FixedWidthInteger>(_ type: String, _ integers: [Integer]) throws {
      let values = try file(type, bytes(integers), count: integers.count).elements(of: "a")
      #expect(values == integers.map { Float($0) }, "\(type)")
    }
    try check("I8", [Int8.min, -1, 0, .max])
    try check("U8", [UInt8.max, 0, 128])
    try check("I16", [Int16.min, -1, .max])
    try check("U16", [UInt16.max, 1])
    try check("I32", [Int32.min, 16_777_217, .max])
    try check("U32", [UInt32.max, 16_777_219])
    try check("I64", [Int64.min, -1, 16_777_217, .max])
    try check("U64", [UInt64.max, 16_777_217])
    #expect(try file("BOOL", [0, 1, 2], count: 3).elements(of: "a") == [0, 1, 1])
  }

  @Test(arguments: ["C64"]) func othersAreNamed(type: String) throws {
    let file = try file(type, [UInt8](repeating: 0, count: 8), count: 1)
    let error = #expect(throws: FileError.self) { try file.elements(of: "a") }
    #expect(error?.place == "tensor \"a\": dtype")
    #expect(error?.expected.hasPrefix("BOOL, U8, I8, ") == true && error?.found == type)
  }
}
