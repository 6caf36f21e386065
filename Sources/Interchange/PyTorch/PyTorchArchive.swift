internal import PinionTensor

/// The tensors of a zip file of `torch.save`.
struct PyTorchArchive: Sendable {
  /// A tensor and its name: the keys that lead to it, joined by dots.
  struct Entry: Sendable {
    let name: String
    let tensor: PickleTensor
  }

  /// The largest number of tensors, and of keys that lead to one.
  private static let entryLimit = 100_000
  private static let depthLimit = 64

  /// The most bytes of all names.
  private static let nameLimit = 1 << 24

  /// In the order of the dictionary.
  private(set) var entries: [Entry] = []

  private let archive: ZipArchive
  private var isBigEndian = false
  private var nameBytes = 0
  /// The bytes of each storage in the file.
  private var ranges: [String: Range<Int>] = [:]

  init(_ reader: FileReader) throws(FileError) {
    archive = try ZipArchive(reader)
    let suffix = "data.pkl"
    let pickles = archive.entries.filter { $0.name == suffix || $0.name.hasSuffix("/" + suffix) }
    guard pickles.count == 1 else {
      throw FileError(
        file: reader.file, place: "members", expected: "one \(suffix), as torch.save writes",
        found: "\(pickles.count)")
    }
    let pickle = pickles[0]
    let root = pickle.name.dropLast(suffix.count)
    if let order = archive.entry(named: root + "byteorder"), order.size <= 16 {
      let text = try source(order).bytes(order.size, place: order.name)
      isBigEndian = text.starts(with: Array("big".utf8))
    }
    // PyTorch does not compress; names compress less than a decompression bomb.
    let limit = min(PickleReader.sizeLimit, 16 * pickle.packedSize + 1 << 20)
    guard pickle.size <= limit else {
      throw archive.error(pickle, "at most \(limit) bytes", "\(pickle.size)")
    }
    let bytes = try source(pickle).bytes(pickle.size, place: suffix)
    let value = try PickleReader(
      ByteScanner(bytes, offset: 0, file: reader.file, place: suffix))
    var visits = 0
    try collect(value.root, "", value, depth: 0, &visits)
    var checked: Set<String> = []
    for entry in entries {
      let storage = entry.tensor.storage
      guard checked.insert(storage.key).inserted || ranges[storage.key] != nil else { continue }
      try check(storage, in: "\(root)data/")
    }
  }

  /// The contents of a member, without a checksum after `set_crc32_options(False)` of PyTorch.
  private func source(_ entry: ZipArchive.Entry) throws(FileError) -> ZipSource {
    try ZipSource(archive, entry, allowsNoChecksum: true)
  }

  /// Collects the tensors of nested dictionaries and lists. A pickle can refer to a container
  /// repeatedly, even to one that is under way, so that all visits count.
  private mutating func collect(
    _ value: PickleValue, _ name: String, _ pickle: PickleReader, depth: Int,
    _ visits: inout Int
  ) throws(FileError) {
    visits += 1
    guard visits <= 2 * Self.entryLimit, entries.count <= Self.entryLimit,
      nameBytes <= Self.nameLimit, depth <= Self.depthLimit
    else {
      throw FileError(
        file: archive.reader.file, place: "data.pkl",
        expected: "at most \(Self.entryLimit) tensors, \(Self.depthLimit) keys deep",
        found: "more")
    }
    switch value {
    case .tensor(let index):
      nameBytes += name.utf8.count
      entries.append(Entry(name: name.isEmpty ? "tensor" : name, tensor: pickle.tensors[index]))
    case .sequence(let index):
      for (place, item) in pickle.containers[index].enumerated() {
        try collect(item, Self.joined(name, "\(place)"), pickle, depth: depth + 1, &visits)
      }
    case .dictionary(let index):
      let items = pickle.containers[index]
      for place in stride(from: 0, to: items.count - 1, by: 2) {
        let key: String
        switch items[place] {
        case .string(let text): key = text
        case .int(let number): key = "\(number)"
        default: continue
        }
        try collect(
          items[place + 1], Self.joined(name, key), pickle, depth: depth + 1, &visits)
      }
    default: break
    }
  }

  private static func joined(_ name: String, _ key: String) -> String {
    // Long keys, nested, would take more memory than the file.
    name.isEmpty ? key : "\(name.prefix(1_000)).\(key.prefix(1_000))"
  }

  /// Finds a storage in the file and compares its size and checksum.
  private mutating func check(_ storage: PickleStorage, in folder: String) throws(FileError) {
    guard let entry = archive.entry(named: folder + storage.key) else {
      throw FileError(
        file: archive.reader.file, place: "storage \(storage.key.debugDescription)",
        expected: "a member of that name", found: "none")
    }
    guard !entry.isDeflated else { throw archive.error(entry, "a stored member", "a deflated one") }
    guard entry.size / storage.elementType.size >= storage.count else {
      throw archive.error(
        entry, "\(storage.count) elements of \(storage.elementType)", "\(entry.size) bytes")
    }
    guard ranges[storage.key] == nil else { return }
    ranges[storage.key] = try archive.range(of: entry)
    let source = try source(entry)
    var piece = [UInt8](repeating: 0, count: min(entry.size, 1 << 20))
    while source.position < source.size {
      let count = min(piece.count, source.size - source.position)
      let result = unsafe piece.withUnsafeMutableBytes { bytes in
        Result { () throws(FileError) in
          try unsafe source.read(
            into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<count]), place: entry.name)
        }
      }
      try result.get()
    }
  }

  /// Reads a tensor in row-major order.
  func read(_ entry: Entry) throws -> Tensor {
    let tensor = entry.tensor
    // Elements that the file does not store one by one, such as those of an axis of stride 0, are
    // limited.
    let limit = max(tensor.storage.count, archive.reader.size / 2 + 1 << 24)
    guard tensor.count <= limit, max(tensor.count, tensor.range.count) < 1 << 58,
      Resources.hasMemory(4 * (tensor.count + tensor.range.count))
    else {
      throw FileError(
        file: archive.reader.file, place: "tensor \(entry.name.debugDescription)",
        expected: "at most \(limit) elements, which fit into memory", found: "\(tensor.count)")
    }
    let shape = Shape(tensor.sizes)
    var result = Tensor.zeros(shape)
    guard tensor.count > 0 else { return result }
    if tensor.isContiguous {
      try result.mutate { try read(entry, into: $0) }
    } else {
      var elements = Tensor.zeros([tensor.range.count])
      try elements.mutate { try read(entry, into: $0) }
      result.mutate { target in
        elements.read { Self.gather($0, tensor, into: target) }
      }
    }
    return tensor.isNegated ? -result : result
  }

  /// The elements of a tensor's range, in pieces, which bounds the memory for unconverted numbers.
  private func read(_ entry: Entry, into target: MemoryView<Float>) throws {
    let type = entry.tensor.storage.elementType
    let start =
      (ranges[entry.tensor.storage.key]?.lowerBound ?? 0)
      + entry.tensor.range.lowerBound * type.size
    for first in stride(from: 0, to: target.count, by: 1 << 14) {
      let count = min(1 << 14, target.count - first)
      let offset = start + first * type.size
      let bytes = try archive.reader.bytes(offset..<offset + count * type.size, place: entry.name)
      do {
        try unsafe bytes.withUnsafeBytes { bytes in
          try unsafe type.decode(
            bytes, isBigEndian: isBigEndian, into: target[first..<first + count].base)
        }
      } catch let error as UnrepresentableElement {
        throw FileError(
          file: archive.reader.file,
          place: "tensor \(entry.name.debugDescription), byte \(offset + error.index * type.size)",
          expected: "a number in the range of floats", found: error.value)
      }
    }
  }

  private static func gather(
    _ source: MemoryView<Float>, _ tensor: PickleTensor, into target: MemoryView<Float>
  ) {
    var index = [Int](repeating: 0, count: tensor.sizes.count)
    var position = 0
    for element in target.indices {
      target[element] = source[position]
      var axis = index.count - 1
      while axis >= 0 {
        index[axis] += 1
        position += tensor.strides[axis]
        if index[axis] < tensor.sizes[axis] { break }
        position -= tensor.sizes[axis] * tensor.strides[axis]
        index[axis] = 0
        axis -= 1
      }
    }
  }
}
