internal import PinionTensor

/// The graph of an ONNX file: nodes, constants, inputs and outputs. The elements of constants stay
/// in the file until they are needed.
///
/// Fields that a network does not need, such as documentation, are skipped. Files whose constants
/// are in other files are refused, and so are functions and nested graphs. Source: onnx.proto of IR
/// version 13.
struct ONNXFile {
  struct Node {
    var name = ""
    var operation = ""
    var domain = ""
    var inputs: [String] = []
    var outputs: [String] = []
    var attributes: [String: Attribute] = [:]

    /// The node in error messages.
    var description: String {
      let name = name.isEmpty ? outputs.first ?? "" : name
      return "\(name.debugDescription) (\(domain.isEmpty ? "" : domain + ".")\(operation))"
    }
  }

  enum Attribute {
    case integer(Int)
    case float(Float)
    case string(String)
    case integers([Int])
    case tensor(ONNXTensor)
    case other
  }

  struct Input {
    let name: String
    /// Nil for a symbolic size.
    let sizes: [Int?]
    /// Nil for others than numbers.
    let type: ElementType?
  }

  /// The most fields that are read, several times as many as the largest classifiers have.
  private static let fieldLimit = 400_000

  let file: String
  /// In bytes.
  let size: Int
  private(set) var producer = ""
  private(set) var name = ""
  private(set) var opset = 0
  private(set) var nodes: [Node] = []
  private(set) var constants: [String: ONNXTensor] = [:]
  private(set) var inputs: [Input] = []

  /// The size of the batch, where it is fixed.
  var batch: Int? { inputs.lazy.filter { constants[$0.name] == nil }.first?.sizes.first ?? nil }
  private(set) var outputs: [String] = []
  private(set) var metadata: [String: String] = [:]

  init(_ reader: FileReader) throws(FileError) {
    (file, size) = (reader.file, reader.size)
    let source = ProtobufSource(reader, fieldLimit: Self.fieldLimit)
    var model = ProtobufReader(source, 0..<reader.size, place: "model")
    var hasGraph = false
    while let field = try model.next() {
      switch field.number {
      case 2: producer = try model.text(field)
      case 7:
        guard !hasGraph else { throw model.failure("one graph", "two", at: field.offset) }
        hasGraph = true
        try readGraph(model.message(field, place: "graph"))
      case 8:
        let (domain, version) = try Self.opset(model.message(field, place: "opset_import"))
        if domain.isEmpty || domain == "ai.onnx" { opset = version }
      case 14: try readMetadata(model.message(field, place: "metadata_props"))
      default: break
      }
    }
    guard hasGraph else { throw model.failure("a graph of ONNX", "none") }
    guard opset >= 7 else {
      throw source.failure("opset_import", "operators of version 7 or later", "\(opset)")
    }
  }

  private static func opset(_ reader: ProtobufReader) throws(FileError) -> (String, Int) {
    var (reader, domain, version) = (reader, "", 0)
    while let field = try reader.next() {
      if field.number == 1 { domain = try reader.text(field) }
      if field.number == 2 { version = try reader.integer(field) }
    }
    return (domain, version)
  }

  private mutating func readMetadata(_ reader: ProtobufReader) throws(FileError) {
    var (reader, key, range) = (reader, "", 0..<0)
    while let field = try reader.next() {
      if field.number == 1 { key = try reader.text(field) }
      if field.number == 2 { range = try reader.range(field) }
    }
    // Others, such as the source of an exporter, may be of any length.
    guard key == "class_names" else { return }
    metadata[key] = String(
      decoding: try reader.source.bytes(range, place: reader.place), as: UTF8.self)
  }

  private mutating func readGraph(_ reader: ProtobufReader) throws(FileError) {
    var reader = reader
    while let field = try reader.next() {
      switch field.number {
      case 1:
        nodes.append(try Self.node(reader.message(field, place: "node \(nodes.count)")))
      case 2: name = try reader.text(field)
      case 5:
        let tensor = try ONNXTensor(
          reader.message(field, place: "initializer \(constants.count)"))
        guard constants.updateValue(tensor, forKey: tensor.name) == nil else {
          throw reader.failure("a name of its own", tensor.name.debugDescription, at: field.offset)
        }
      case 11: inputs.append(try Self.input(reader.message(field, place: "graph input")))
      case 12: outputs.append(try Self.input(reader.message(field, place: "graph output")).name)
      case 15: throw reader.failure("no sparse constants", "one", at: field.offset)
      default: break
      }
    }
  }

  private static func node(_ reader: ProtobufReader) throws(FileError) -> Node {
    var (reader, node) = (reader, Node())
    while let field = try reader.next() {
      switch field.number {
      case 1: node.inputs.append(try reader.text(field))
      case 2: node.outputs.append(try reader.text(field))
      case 3: node.name = try reader.text(field)
      case 4: node.operation = try reader.text(field)
      case 5:
        let (name, value) = try attribute(reader.message(field))
        node.attributes[name] = value
      case 7:
        node.domain = try reader.text(field)
        if node.domain == "ai.onnx" { node.domain = "" }
      default: break
      }
    }
    guard !node.operation.isEmpty, !node.outputs.isEmpty else {
      throw reader.failure("a node with an operation and an output", "none")
    }
    return node
  }

  private static func attribute(
    _ reader: ProtobufReader
  ) throws(FileError) -> (String, Attribute) {
    var (reader, name, value) = (reader, "", Attribute?.none)
    var (integers, type) = ([Int](), 0)
    while let field = try reader.next() {
      switch field.number {
      case 1: name = try reader.text(field)
      case 2: value = .float(try reader.float(field))
      case 3: value = .integer(try reader.integer(field))
      case 4:
        // Strings of code, such as that of an exporter's own operators, may be longer.
        let range = try reader.range(field)
        value = range.count > 4_096 ? .other : .string(try reader.text(field))
      case 5: value = .tensor(try ONNXTensor(reader.message(field)))
      case 8: integers += try reader.integers(field)
      case 20: type = try reader.integer(field)
      default: break
      }
    }
    if !integers.isEmpty || type == 7 { value = .integers(integers) }
    return (name, value ?? missing(type))
  }

  /// The value of an attribute without one: writers of version 3 of Protocol Buffers leave out
  /// zeros.
  private static func missing(_ type: Int) -> Attribute {
    switch type {
    case 1: .float(0)
    case 2: .integer(0)
    case 3: .string("")
    default: .other
    }
  }

  private static func input(_ reader: ProtobufReader) throws(FileError) -> Input {
    var (reader, name, sizes, type) = (reader, "", [Int?](), ElementType?.none)
    while let field = try reader.next() {
      if field.number == 1 { name = try reader.text(field) }
      guard field.number == 2 else { continue }
      // type → tensor_type → elem_type, and shape → dim
      for tensor in try messages(1, reader.message(field)) {
        var fields = tensor
        while let field = try fields.next() {
          if field.number == 1 { type = ONNXTensor.types[try fields.integer(field)] }
        }
        for shape in try messages(2, tensor) {
          for size in try messages(1, shape) {
            var (size, value) = (size, Int?.none)
            while let field = try size.next() {
              if field.number == 1 { value = try size.integer(field) }
            }
            sizes.append(value)
          }
        }
      }
    }
    return Input(name: name, sizes: sizes, type: type)
  }

  private static func messages(
    _ number: Int, _ reader: ProtobufReader
  ) throws(FileError) -> [ProtobufReader] {
    var (reader, messages) = (reader, [ProtobufReader]())
    while let field = try reader.next() {
      if field.number == number { messages.append(try reader.message(field)) }
    }
    return messages
  }
}

extension ONNXFile.Node {
  func integer(_ name: String) -> Int? {
    if case .integer(let value) = attributes[name] { value } else { nil }
  }

  func float(_ name: String) -> Float? {
    if case .float(let value) = attributes[name] { value } else { nil }
  }

  func integers(_ name: String) -> [Int]? {
    if case .integers(let values) = attributes[name] { values } else { nil }
  }

  func string(_ name: String) -> String? {
    if case .string(let value) = attributes[name] { value } else { nil }
  }
}
