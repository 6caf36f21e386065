import Foundation
import Pinion
import PinionTestSupport
import Testing

@testable import PinionInterchange

@Suite struct EventFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Vectors of RFC 3720, appendix B.4.
  @Test func checksums() {
    #expect(EventFile.crc32c([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    #expect(EventFile.crc32c([UInt8](repeating: 0xff, count: 32)) == 0x62a8_ab43)
    #expect(EventFile.crc32c((0..<32).map { UInt8($0) }) == 0x46dd_794e)
    #expect(EventFile.crc32c(Array("123456789".utf8)) == 0xe306_9283)
    #expect(EventFile.checksum([UInt8](repeating: 0, count: 32)) == [250, 255, 215, 15])
  }

  @Test func fieldsOfMessages() throws {
    let message = ProtobufMessage { message in
      message.integer(1, 300)
      message.integer(20, -1)
      message.float(2, 1.5)
      message.double(3, -0.1)
      message.string(4, "ö")
      message.message(5) { $0.doubles(1, [1, 2]) }
    }
    // 300 is the example of the documentation of Protocol Buffers.
    #expect(message.bytes.starts(with: [0x08, 0xac, 0x02, 0xa0, 0x01]))
    let fields = try ProtobufFields(message.bytes)
    #expect(fields.integer(1) == 300 && fields.integer(20) == -1)
    #expect(fields.float(2) == 1.5 && fields.double(3) == -0.1 && fields.text(4) == "ö")
    #expect(try fields.message(5).doubles(1) == [1, 2])
  }

  /// Files that are created within a second, behind one of a later time.
  @Test func laterFilesSortBehind() throws {
    let names = ["events.out.tfevents.9223372036854775807.a", "events.out.tfevents.4000000000.b"]
    for name in names { try Data().write(to: folder.url.appending(path: name)) }
    for step in 0..<25 {
      try EventWriter(folder: folder.url).scalar("number", 0, step: step)
    }
    let records = try EventRecords(folder: folder.url).records
    let steps = try records.filter { try !$0.messages(5).isEmpty }.map { $0.integer(2) ?? 0 }
    #expect(steps == Array(0..<25))
  }

  @Test func valuesOfEveryKind() throws {
    let writer = try EventWriter(folder: folder.url)
    try writer.scalar("a/loss", 0.1, step: 3)
    try writer.histogram("h", Tensor([0, 1, 1, .nan, 3, .infinity]), step: -1)
    try writer.histogram("same", Tensor([2, 2]), step: 0)
    try writer.histogram("none", Tensor([.nan]), step: 0)
    let image = PixelImage(width: 2, height: 1, channels: 3, bytes: [1, 2, 3, 4, 5, 6])
    try writer.image("image", image, step: 1 << 40)
    try writer.text("text", "*ü*", step: 0)
    try writer.hyperparameters(["rate": 0.5, "layers": 3, "name": "a", "augmented": true])
    let events = try EventRecords(folder: folder.url)
    #expect(events.records.first?.text(3) == "brain.Event:2")
    #expect(events.records.allSatisfy { $0.double(1) ?? 0 > 1.6e9 })
    let values = try events.values
    let tags = ["a/loss", "h", "same", "none", "image", "text", "_hparams_/session_start_info"]
    #expect(values.map(\.tag) == tags)
    #expect(values.map(\.step) == [3, -1, 0, 0, 1 << 40, 0, 0])
    #expect(values[0].value.float(2) == 0.1)
    let histogram = try values[1].value.message(5)
    #expect((1...5).map { histogram.double($0) } == [0, 3, 4, 5, 11])
    #expect(histogram.doubles(6).count == 30 && histogram.doubles(6).last == 3)
    #expect(histogram.doubles(7).enumerated().filter { $0.1 > 0 }.map(\.offset) == [0, 10, 29])
    #expect(try values[2].value.message(5).doubles(7).first == 2)
    #expect(try values[3].value.message(5).double(3) == 0)
    let picture = try values[4].value.message(4)
    #expect((1...3).map { picture.integer($0) } == [1, 2, 3])
    #expect(picture.fields.last?.value == .bytes(PNG.encode(image)))
    #expect(try values[5].value.message(8).text(8) == "*ü*")
    let plugin = try values[6].value.message(9).message(1)
    let entries = try plugin.message(2).message(3).messages(1)
    #expect(entries.map { $0.text(1) } == ["augmented", "layers", "name", "rate"])
    #expect(try entries[0].message(2).integer(4) == 1)
    #expect(try entries[1].message(2).double(2) == 3)
    #expect(try entries[2].message(2).text(3) == "a")
  }

  @Test func confusionMatricesAreImages() throws {
    var matrix = try ConfusionMatrix(classes: 3)
    try matrix.add(true: 0, predicted: 0)
    try matrix.add(true: 1, predicted: 2)
    let writer = try EventWriter(folder: folder.url)
    try writer.confusionMatrix("confusion", matrix, step: 0)
    let image = try EventRecords(folder: folder.url).values[0].value.message(4)
    #expect((1...3).map { image.integer($0) } == [318, 318, 1])
    let cells: [UInt8] = [0, 255, 255, 255, 255, 0, 255, 255, 255]
    let expected = PixelImage(width: 3, height: 3, channels: 1, bytes: cells).enlarged(by: 106)
    #expect(image.fields.last?.value == .bytes(PNG.encode(expected)))
  }

  @Test func graphs() throws {
    let part = try Sequential(input: [4], name: "part") {
      Dense(3, activation: .relu, name: "inner")
      Dropout(0.5)
    }
    let input = Input([4], name: "left side")
    let shared = Dense(4, name: "shared")
    let merged = Add()(shared(input), shared(input))
    let graph = try Graph(input: input, output: part(merged)).freezing("part/inner")
    try EventWriter(folder: folder.url).graph(graph)
    let event = try #require(try EventRecords(folder: folder.url).records.last)
    let definition = try event.message(4)
    let nodes = try definition.messages(1)
    #expect(
      nodes.map { $0.text(1) } == [
        "left_side", "shared", "shared_1_", "add", "part/inner", "part/dropout",
      ])
    #expect(nodes.map { $0.text(2) } == ["Input", "Dense", "Dense", "Add", "Dense", "Dropout"])
    func inputs(_ node: ProtobufFields) -> [String] {
      node.fields.compactMap { field in
        guard field.number == 3, case .bytes(let bytes) = field.value else { return nil }
        return String(decoding: bytes, as: UTF8.self)
      }
    }
    #expect(
      nodes.map(inputs) == [
        [], ["left_side"], ["left_side"], ["shared", "shared_1_"], ["add"], ["part/inner"],
      ])
    // Shape of the output, parameters, whether these are trained.
    let attributes = try nodes[4].messages(5)
    #expect(attributes.map { $0.text(1) } == ["_output_shapes", "parameters", "trainable"])
    let sizes = try attributes[0].message(2).message(1).message(7).messages(2)
    #expect(sizes.map { $0.integer(1) } == [-1, 3])
    #expect(try attributes[1].message(2).integer(3) == 15)
    #expect(try attributes[2].message(2).integer(5) == 0)
  }

  @Test func unwritableFoldersAreNamed() throws {
    try folder.write([], to: "file")
    let error = #expect(throws: FileError.self) {
      try EventWriter(folder: folder.url.appending(path: "file/x"))
    }
    #expect(error?.place == "making the folder")
  }
}

/// The records of the event files in a folder, with their checksums compared.
struct EventRecords {
  private(set) var records: [ProtobufFields] = []

  init(folder: URL) throws {
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      let bytes = [UInt8](try Data(contentsOf: folder.appending(path: file)))
      var position = 0
      while position + 12 <= bytes.count {
        let length = Array(bytes[position..<position + 8])
        let count = length.reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = position + 12
        // The last record of a killed program may be cut.
        guard start + count + 4 <= bytes.count else { break }
        let record = Array(bytes[start..<start + count])
        #expect(Array(bytes[position + 8..<start]) == EventFile.checksum(length))
        #expect(
          Array(bytes[start + count..<start + count + 4]) == EventFile.checksum(record))
        records.append(try ProtobufFields(record))
        position = start + count + 4
      }
    }
  }

  /// The values of all events, in order. As in TensorBoard, the start of a session discards earlier
  /// values from its step on.
  var values: [(tag: String, step: Int, value: ProtobufFields)] {
    get throws {
      var values: [(tag: String, step: Int, value: ProtobufFields)] = []
      for event in records {
        let step = event.integer(2) ?? 0
        if try event.messages(7).first?.integer(1) == 1 { values.removeAll { $0.step >= step } }
        for value in try event.messages(5).flatMap({ try $0.messages(1) }) {
          values.append((try #require(value.text(1)), step, value))
        }
      }
      return values
    }
  }
}
