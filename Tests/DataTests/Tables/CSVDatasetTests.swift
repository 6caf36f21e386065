import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionData

@Suite struct CSVDatasetTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  func read(
    _ text: String, _ features: [CSVColumn]? = nil, target: CSVColumn = .number("y"),
    delimiter: Character = ",", hasHeader: Bool = true,
    missing: Set<String> = CSVDataset.missingMarkers
  ) throws -> CSVDataset {
    let file = try folder.write(Array(text.utf8), to: "table.csv")
    return try CSVDataset(
      contentsOf: file, features: features, target: target, delimiter: delimiter,
      hasHeader: hasHeader, missing: missing)
  }

  func inputs(_ dataset: CSVDataset) -> [[Float]] { (0..<dataset.count).map(dataset.input) }
  func targets(_ dataset: CSVDataset) -> [[Float]] { (0..<dataset.count).map(dataset.target) }

  /// Place, expected and found of the error of a file.
  func error(
    _ text: String, _ features: [CSVColumn]? = nil, target: CSVColumn = .number("y"),
    hasHeader: Bool = true
  ) -> [String]? {
    let error = #expect(throws: FileError.self) {
      try read(text, features, target: target, hasHeader: hasHeader)
    }
    #expect(error?.file.hasSuffix("/table.csv") == true)
    return error.map { [$0.place, $0.expected, $0.found] }
  }

  @Test func numbersAreColumnsBesideTheTarget() throws {
    let table = try read("a,y,b\n1,2,3\n-4.5,+5e-1,6E2\n")
    #expect(inputs(table) == [[1, 3], [-4.5, 600]])
    #expect(targets(table) == [[2], [0.5]])
    #expect(table.inputShape == [2] && table.targetShape == [1] && table.classNames == nil)
    #expect(table.featureNames == ["a", "b"])
    #expect(try inputs(read("a,y,b\n1,2,3\n", [.number("b"), .number("a")])) == [[3, 1]])
    #expect(try inputs(read("a,y,b\n1,2,text\n", [.number("a")])) == [[1]])
    #expect(try read("a,y\n").count == 0)
  }

  // RFC 4180, sections 2.1 to 2.7.
  @Test(arguments: ["\n", "\r\n", "\r"]) func linesAndQuotes(end: String) throws {
    let lines = [
      "name,y,\"a, b\"", "one,1,2", "\"two, \"\"too\"\"\",3,\"4\"", "", "\"\(end)\",5,6",
      "\"\",7,8",
    ]
    let features: [CSVColumn] = [.category("name", encoding: .index), .number("a, b")]
    for text in [lines.joined(separator: end), lines.joined(separator: end) + end] {
      for mark in ["", "\u{FEFF}"] {
        let table = try read(mark + text, features, missing: [])
        #expect(targets(table) == [[1], [3], [5], [7]])
        #expect(inputs(table) == [[2, 2], [3, 4], [1, 6], [0, 8]])
        let names = ["", end, "one", "two, \"too\""]
        let column = CSVColumn.category("name", values: names, encoding: .index)
        #expect(table.features[0] == column)
      }
    }
  }

  // A field, and a pair of CR and LF, may lie in two pieces of the file.
  @Test func piecesOfAFileAreJoined() throws {
    let text = "y,\"na\"\"me\"\r\n1,\"a\r\nb\"\r\n\r\n-2.5e1,\"c\"\"\"\r\n"
    let bytes = Array(text.utf8)
    for size in 1...bytes.count {
      var table = try CSVTable(
        file: "f", features: [.category("na\"me")], target: .number("y"), hasHeader: true,
        missing: [], byteLimit: 1_000)
      var tokenizer = CSVTokenizer(file: "f", delimiter: 44)
      for start in stride(from: 0, to: bytes.count, by: size) {
        let piece = Array(bytes[start..<min(start + size, bytes.count)])
        try piece.withUnsafeBufferPointer { try tokenizer.feed($0, into: &table) }
      }
      try tokenizer.finish(&table)
      try table.finish()
      #expect(table.features == [.category("na\"me", values: ["a\r\nb", "c\""])])
      #expect(table.rows.count == 2)
      #expect(table.rows.withRow(1) { $0.array } == [1, -25])
    }
  }

  @Test func longFilesAreReadInPieces() throws {
    let rows = 40_000
    let text = "a,y\n" + (0..<rows).map { "\($0),\($0 % 7)\n" }.joined()
    let plain = try read(text, target: .label("y", encoding: .oneHot))
    #expect(plain.count == rows && plain.targetShape == [7])
    let file = try folder.write(gzip(Array(text.utf8)), to: "table.csv.gz")
    let packed = try CSVDataset(contentsOf: file, target: .label("y", encoding: .oneHot))
    for index in stride(from: 0, to: rows, by: 611) + [rows - 1] {
      #expect(plain.input(index) == [Float(index)])
      #expect(plain.target(index).firstIndex(of: 1) == index % 7)
      #expect(packed.input(index) == plain.input(index))
      #expect(packed.target(index) == plain.target(index))
    }
  }

  @Test func categoriesAreIndicesOrOneHot() throws {
    let text = "city,size,y\nOslo,1,cat\nRome,2,dog\nOslo,3,cat\nBern,4,ant\n"
    let table = try read(text, [.category("city"), .number("size")], target: .label("y"))
    #expect(inputs(table) == [[0, 1, 0, 1], [0, 0, 1, 2], [0, 1, 0, 3], [1, 0, 0, 4]])
    #expect(targets(table) == [[1], [2], [1], [0]])
    #expect(table.classNames == ["ant", "cat", "dog"])
    #expect(table.featureNames == ["city=Bern", "city=Oslo", "city=Rome", "size"])
    #expect(try table.classCounts() == [1, 2, 1])
    let test = try CSVDataset(
      contentsOf: folder.write(Array("size,y,city\n9,dog,Rome\n".utf8), to: "test.csv"),
      features: table.features, target: table.target)
    #expect(inputs(test) == [[0, 0, 1, 9]] && targets(test) == [[2]])
    #expect(test.classNames == table.classNames)
    let numbers = try read("x,y\n0,10\n0,9\n0,-2\n", target: .label("y", encoding: .oneHot))
    #expect(numbers.classNames == ["-2", "9", "10"])
    #expect(targets(numbers) == [[0, 0, 1], [0, 1, 0], [1, 0, 0]])
    #expect(
      error("city,y\nRome,1\nParis,2\n", [.category("city", values: ["Rome", "Oslo"])])
        == ["line 3, column \"city\"", "one of \"Oslo\", \"Rome\"", "\"Paris\""])
  }

  @Test func missingValuesAreNamedOrFilled() throws {
    let text = "a,b,y\n1,u,1\n,v,2\n5,NA,3\nNaN,,4\n"
    #expect(
      error(text, [.number("a")]) == ["line 3, column \"a\"", "a number", "a missing value"])
    #expect(
      error(text, [.category("b")]) == ["line 4, column \"b\"", "a category", "a missing value"])
    let filled = try read(
      text, [.number("a", missing: .value(-1)), .category("b", missing: "none")])
    #expect(inputs(filled) == [[1, 0, 1, 0], [-1, 0, 0, 1], [5, 1, 0, 0], [-1, 1, 0, 0]])
    let mean = try read(text, [.number("a", missing: .mean)])
    #expect(inputs(mean) == [[1], [3], [5], [3]])
    #expect(mean.features == [.number("a", missing: .value(3))])
    #expect(
      error("a,y\n,1\n", [.number("a", missing: .mean)])
        == ["column \"a\"", "a number, for the mean", "missing values alone"])
    #expect(error("a,y\n1,\n") == ["line 2, column \"y\"", "a number", "a missing value"])
    // The category of what is missing, also of a file that lacks nothing, for others.
    let whole = try read("b,y\nu,1\n", [.category("b", missing: "none")])
    #expect(whole.featureNames == ["b=none", "b=u"] && inputs(whole) == [[0, 1]])
    #expect(try inputs(read("b,y\nu,1\n,2\n", whole.features)) == [[0, 1], [1, 0]])
    let own = try read("a,y\n-999,1\n3,2\n", [.number("a", missing: .mean)], missing: ["-999"])
    #expect(inputs(own) == [[3], [3]])
  }

  @Test func filesWithoutNamesHaveNumberedColumns() throws {
    let table = try read("1,2,x\n3,4,z\n", target: .label("2"), hasHeader: false)
    #expect(inputs(table) == [[1, 2], [3, 4]] && targets(table) == [[0], [1]])
    #expect(
      error("1,2,x\n3,4\n", target: .label("2"), hasHeader: false)
        == ["line 2", "3 fields, as in the first line", "2"])
    let semicolons = try read("1;2\n", target: .number("1"), delimiter: ";", hasHeader: false)
    #expect(inputs(semicolons) == [[1]])
    let tabs = try read("y\tx\n1\t2\n", delimiter: "\t")
    #expect(inputs(tabs) == [[2]])
  }

  @Test func whatIsNoTableIsNamedByLineAndField() throws {
    #expect(error("") == ["line 1", "a line of names or numbers", "an empty file"])
    #expect(error("\n\n") == ["line 1", "a line of names or numbers", "an empty file"])
    #expect(error("a,b\n1,2\n") == ["line 1", "one column \"y\"", "\"a\", \"b\""])
    #expect(error("\"\"\r\n") == ["line 1", "one column \"y\"", "\"\""])
    #expect(error("a,a,y\n1,2,3\n") == ["line 1", "one column \"a\"", "2"])
    #expect(error("y\n1\n") == ["line 1", "columns beside the target", "none"])
    #expect(error("a,y\n1,2\n\n1,2,3\n") == ["line 4", "2 fields, as in the first line", "3"])
    for end in ["\n", "\r\n", "\r"] {
      let lines = ["a,y", "\"1\",2", "", "x,4", ""].joined(separator: end)
      #expect(error(lines) == ["line 4, column \"a\"", "a number", "\"x\""])
    }
    #expect(error("a,y\n1\n") == ["line 2", "2 fields, as in the first line", "1"])
    #expect(error("a,y\n1,0x1\n") == ["line 2, column \"y\"", "a number", "\"0x1\""])
    #expect(
      error("a,y\n\"1\n\",2\n")?.first == "line 2, column \"a\"")
    #expect(
      error("a,y\n1,1e39\n") == [
        "line 2, column \"y\"", "a number that a float can hold", "\"1e39\"",
      ])
    #expect(
      error("a,y\n1,2\n\"3,4\n5,6\n") == [
        "line 3, field 1", "a closing quote", "the end of the file",
      ])
    #expect(
      error("a,y\n1,\"2\"3\n")
        == [
          "line 2, field 2", "a delimiter or a line break after the closing quote", "another byte",
        ])
    #expect(
      error("a,y\n1,2\"\n") == [
        "line 2, field 2", "quotes around the whole field", "a quote inside it",
      ])
    let long = "a,y\n\"" + String(repeating: "1", count: CSVTokenizer.fieldLimit + 1)
    #expect(error(long)?.first == "line 2, field 1")
    #expect(throws: FileError.self) {
      try CSVDataset(contentsOf: folder.url.appending(path: "none.csv"), target: .number("y"))
    }
  }

  @Test func wrongArgumentsAreErrors() throws {
    let arguments: [([CSVColumn]?, CSVColumn)] = [
      ([.number("y")], .number("y")), ([.number("a"), .category("a")], .number("y")),
      ([], .number("y")), (nil, .category("y", values: [])),
      (nil, .category("y", values: ["1", "1"])),
      ([.number("a", missing: .value(.nan))], .number("y")),
      ([.category("a", values: ["u"], missing: "v")], .number("y")),
    ]
    for (features, target) in arguments {
      #expect(throws: ArgumentError.self) {
        try read("a,y\n1,2\n", features, target: target)
      }
    }
    for delimiter: Character in ["\"", "\n", "é"] {
      #expect(throws: ArgumentError.self) { try read("a,y\n", delimiter: delimiter) }
    }
  }

  // The nearest doubles, as the standard library's and strtod's.
  @Test func numbersAreRoundedOnce() {
    for text in [
      "0", "-0", "1", "0.1", ".5", "5.", "123456789012345678", "9007199254740993", "1e22", "1e23",
      "1.7976931348623157e308", "4.9e-324", "2.2250738585072011e-308", "0.000001234567", "1E+05",
      "123456789.123456789", "99999999999999999999", "0.30000000000000004", "8.5e-22",
    ] {
      let expected = Double(text.hasSuffix(".") ? text + "0" : text)
      #expect(CSVNumber.parse(Array(text.utf8)) == expected, "\(text)")
      #expect(CSVNumber.parse(Array(" -\(text)\t".utf8)) == Double("-" + text), "\(text)")
    }
    for text in [
      "", " ", ".", "-", "e5", "1e", "1e+", "1 2", "0x10", "inf", "nan", "1_000", "--1", "١",
    ] {
      #expect(CSVNumber.parse(Array(text.utf8)) == nil, "\(text)")
    }
  }

  @Test func splicedFilesNeverTrap() throws {
    let text = "\u{FEFF}name,\"y\",a\r\n\"o\"\"ne\",1,2.5e3\r\ntwo,-.5,\r\n\"\r\n\",5,NA\r\n"
    let original = Array(text.utf8)
    var generator = RandomStream(seed: 42, purpose: "csv").generator
    var read = 0
    for round in 0..<600 {
      var bytes = original
      for _ in 0...generator.next(below: 2) {
        let first = generator.next(below: bytes.count + 1)
        let range = first..<first + generator.next(below: min(6, bytes.count - first + 1))
        let start = generator.next(below: original.count)
        let end = min(original.count, start + generator.next(below: 9))
        bytes.replaceSubrange(range, with: original[start..<end])
      }
      let file = try folder.write(round % 2 == 0 ? bytes : gzip(bytes), to: "table.csv")
      do {
        let table = try CSVDataset(
          contentsOf: file, features: [.category("name"), .number("a", missing: .mean)],
          target: .number("y"))
        #expect(inputs(table).joined().allSatisfy { $0.isFinite })
        read += 1
      } catch is FileError {
      }
    }
    #expect((15..<550).contains(read))
  }
}
