import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionData

/// Tables that would take much memory or time, and those in other encodings.
@Suite struct CSVLimitsTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  // Latin-1, whose letters would become one and the same.
  @Test func textsInOtherEncodingsAreRefused() throws {
    func read(_ parts: [UInt8]...) throws -> CSVDataset {
      let file = try folder.write(Array(parts.joined()), to: "table.csv")
      return try CSVDataset(contentsOf: file, features: [.number("x")], target: .label("y"))
    }
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    let rows = #expect(throws: FileError.self) {
      try read(text("x,y\n1,caf\u{E9}\n2,caf"), [0xE9], text("\n3,caf"), [0xE8, 0x0A])
    }
    #expect(rows?.place == "line 3, column \"y\"")
    #expect(rows?.expected == "text in UTF-8" && rows?.found == "\"caf\u{FFFD}\"")
    let names = #expect(throws: FileError.self) {
      try read(text("x,y,caf"), [0xE9], text("\n1,2,3\n"))
    }
    #expect(names?.place == "line 1, field 3" && names?.expected == "text in UTF-8")
    // The bytes of a column that is not used do not matter.
    #expect(try read(text("x,y,z\n1,2,caf"), [0xE9, 0x0A]).classNames == ["2"])
    #expect(try read(text("x,y\n1,caf\u{E9}\n")).classNames == ["caf\u{E9}"])
  }

  // Empty lines, and columns that are not used.
  @Test(arguments: [("\n", 1_000_000), ("\r\n", 500_000), ("x", 1_000_000)])
  func unpackedTextIsLimited(repeated: String, count: Int) throws {
    let rest = String(repeating: repeated, count: count)
    let bytes = Array("a,y,z\n1,2,\n3,4,\(rest)\n".utf8)
    let packed = try folder.write(gzip(bytes), to: "table.csv.gz")
    func read(_ byteLimit: Int?) throws -> Int {
      try CSVDataset(
        contentsOf: packed, features: [.number("a")], target: .number("y"), byteLimit: byteLimit
      ).count
    }
    #expect(try read(nil) == 2)
    let error = #expect(throws: FileError.self) { try read(1_000) }
    #expect(error?.place == "unpacked text" && error?.found == "more")
    // What is not compressed costs its size.
    let plain = try folder.write(bytes, to: "table.csv")
    let table = try CSVDataset(
      contentsOf: plain, features: [.number("a")], target: .number("y"), byteLimit: 1_000)
    #expect(table.count == 2)
  }

  // Of rows alone, to less than a two-hundredth of its size.
  @Test func tablesThatCompressWellAreRead() throws {
    let rows = 100_000
    let text = "a,y\n" + String(repeating: "1,2\n\n", count: rows)
    let packed = gzip(Array(text.utf8))
    #expect(packed.count < text.utf8.count / 200)
    let file = try folder.write(packed, to: "table.csv.gz")
    let table = try CSVDataset(contentsOf: file, target: .number("y"), byteLimit: 8 * rows)
    #expect(table.count == rows)
  }

  // Rows of two numbers take 8 bytes, categories about 100 and their text twice.
  @Test func tablesKeepToTheirLimit() throws {
    let numbers = try folder.write(Array("a,y\n1,2\n3,4\n5,6\n".utf8), to: "table.csv")
    let error = #expect(throws: FileError.self) {
      try CSVDataset(contentsOf: numbers, target: .number("y"), byteLimit: 23)
    }
    #expect(error?.place == "line 4")
    #expect(try CSVDataset(contentsOf: numbers, target: .number("y"), byteLimit: 24).count == 3)
    let texts = try folder.write(Array("a,y\nu,1\nv,2\nv,3\n".utf8), to: "texts.csv")
    func read(_ limit: Int) throws -> Int {
      try CSVDataset(
        contentsOf: texts, features: [.category("a")], target: .number("y"), byteLimit: limit
      ).count
    }
    #expect(throws: FileError.self) { try read(2 * 102 + 23) }
    #expect(try read(2 * 102 + 24) == 3)
  }

  // Each would take many times its size, were it not refused.
  @Test func hostileFilesTakeLittleMemory() async throws {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let size = 4_000_000
      func rows(_ row: String, size: Int = size) -> String {
        String(repeating: row, count: size / row.utf8.count)
      }
      let commas = String(repeating: ",", count: 99)
      let distinct = (0..<size / 7).map { String($0 + 1_000_000, radix: 36) + "\n" }
      let files: [(String, String, [CSVColumn])] = [
        ("numbers", "y,a\n" + rows("1,1\n"), [.number("a")]),
        (
          "filled", rows(commas + "1\n", size: 5 * size),
          (0..<99).map { .number("\($0)", missing: .value(0)) }
        ),
        ("names", rows("a,"), [.number("a")]), ("a name", rows("a"), [.number("a")]),
        ("a quote", "y,a\n1,\"" + rows("2\n"), [.category("a")]),
        ("distinct", "y,a\n1," + distinct.joined(separator: "1,"), [.category("a")]),
      ]
      for (name, text, features) in files {
        let bytes = Array(text.utf8)
        for isPacked in [false, true] where isPacked || name != "filled" {
          let contents = isPacked ? gzip(bytes, level: 1) : bytes
          let file = try folder.write(contents, to: "table.csv")
          let usage = try ProcessUsage()
          let table = try? CSVDataset(
            contentsOf: file, features: features,
            target: .number(name == "filled" ? "99" : "y"), hasHeader: name != "filled")
          let peak = try usage.peakBytes
          let limit = 2 * contents.count + (64 << 20)
          #expect(peak <= limit, "\(name): \(peak) bytes for \(contents.count)")
          _ = table?.count
        }
      }
    }
  }
}
