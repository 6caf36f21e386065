/// Files of `torch.save`, most of them pickles of our own.
enum PickleSeeds {
  /// A file of a pickle and a storage of four bytes.
  static func file(_ pickle: [UInt8], isDeflated: Bool = false) -> [UInt8] {
    ZipMember.archive([
      ZipMember(name: Array("a/data.pkl".utf8), contents: pickle, isDeflated: isDeflated),
      ZipMember(name: Array("a/byteorder".utf8), contents: Array("big".utf8), isDeflated: false),
      ZipMember(name: Array("a/data/0".utf8), contents: [1, 2, 3, 4], isDeflated: false),
    ])
  }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static func integer(_ value: Int) -> [UInt8] { [0x8A, 8] + Endian.little(value, 8) }

  /// A tensor of a storage.
  private static func tensor(
    storage: String = "ByteStorage", count: Int = 4, offset: Int = 0, sizes: [Int] = [2, 2],
    strides: [Int] = [2, 1], key: String = "0"
  ) -> [UInt8] {
    func tuple(_ values: [Int]) -> [UInt8] { [0x28] + values.flatMap(integer) + [0x74] }
    return text(
      "ctorch._utils\n_rebuild_tensor_v2\n((U\u{7}storagectorch\n\(storage)\nU\u{1}\(key)N")
      + integer(count) + text("tQ") + integer(offset) + tuple(sizes) + tuple(strides) + text("tR")
  }

  static var valid: [[UInt8]] {
    get throws {
      try [
        "pytorch_tensors.pt", "pytorch_attention.pt", "pytorch_chain.pt",
        "pytorch_mobilenet.safetensors",
      ].map { try ModelSeeds.fixture("interchange/\($0)") }
        + pickles.map { file($0) }
    }
  }

  private static let pickles: [[UInt8]] = [
    tensor() + text("."), tensor(strides: [1, 2]) + text("."),
    tensor(sizes: [0], strides: [1]) + text("."),
    tensor(offset: 3, sizes: [1], strides: [.max]) + text("."),
    // A name of two texts; a parameter of a tensor; a size; numbers of each kind.
    [0x8C, 11] + text("collections") + [0x8C, 11] + text("OrderedDict") + [0x93] + text(")R."),
    text("ctorch._utils\n_rebuild_parameter\n") + tensor() + [0x85] + text("R."),
    text("ctorch\nSize\n") + integer(2) + [0x85, 0x85] + text("R."),
    text("}(U\u{1}aK\u{1}K\u{2}](NG\0\0\0\0\0\0\0\0") + [0x8A, 1, 0xFF] + text("eU\u{1}b}u}b."),
    text("](J\0\0\0\0M\0\0X\u{1}\0\0\0aT\u{1}\0\0\0a") + [0x8D, 1] + text("\0\0\0\0\0\0\0a")
      + [0x88, 0x89] + text("N1K\u{1}aK\u{2}0."),
    text("]q\0r\u{1}\0\0\0") + [0x94] + text("h\0j\u{1}\0\0\0") + [0x87] + text("."),
    text("}U\u{1}aK\u{1}s(U\u{1}bK\u{2}d") + [0x86] + text("(NNl0."),
  ]

  static let refusals: [[UInt8]] = {
    let pickles =
      [
        "N\u{1}", "NN\u{93}", "(0", "t.", "Na.", "Ns.", "(NNNu.", "]b.", "Nb.", "h\0.", "q\0",
        "cos\nsystem\n)R.", "ctorch\nload\n.", "NN\u{85}R.", "NQ.", "ctorch\nSize\n(NtR.",
        "ccollections\nOrderedDict\n(NtR.", "ctorch._utils\n_rebuild_tensor_v2\n)R.",
        "ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR.", "ctorch._utils\n_rebuild_parameter\n(NtR.",
        "\u{8A}\u{9}", "X\u{7F}\u{7F}\u{7F}\u{7F}", "i", ".", "]q\0h\0a.",
      ].map { $0.unicodeScalars.map { UInt8($0.value) } } + [
        // Views beyond the storage, storages beyond the file, and tensors of the same name.
        tensor(count: 5) + text("."), tensor(offset: 1) + text("."), tensor(key: "1") + text("."),
        tensor(sizes: [.max, .max], strides: [0, 0]) + text("."),
        tensor(sizes: [1 << 40, 2], strides: [0, 1]) + text("."),
        tensor(storage: "DoubleStorage", count: .max) + text("."),
        text("}(U\u{1}a") + tensor() + text("U\u{1}a") + tensor() + text("u."),
        text(")") + [UInt8](repeating: 0x85, count: 70) + text("."),
      ]
    let whole = file(tensor() + text("."))
    return pickles.map { file($0) } + [
      [0x80, 2] + text("}."), ZipMember.archive([]),
      ZipMember.archive([
        ZipMember(name: text("data.pkl"), contents: text("N."), isDeflated: false),
        ZipMember(name: text("a/data.pkl"), contents: text("N."), isDeflated: false),
      ]),
      ZipMember.archive(
        ZipMember.all(of: whole)!.map {
          ZipMember(name: $0.name, contents: $0.contents, isDeflated: true)
        }),
    ]
  }()

  /// Values, containers, remembered values and marks beyond what a pickle may have.
  static let excessive: [[UInt8]] = {
    func many(_ code: [UInt8], _ count: Int, before: [UInt8] = []) -> [UInt8] {
      before + [[UInt8]](repeating: code, count: count).joined()
    }
    let shared = text("ctorch._utils\n_rebuild_tensor_v2\nr\u{1}\0\0\0")
    let one = tensor()
    return [
      many([0x4E], 1_000_001), many(text("]0"), 250_001), many(text("("), 250_001),
      many([0x94], 250_001, before: text("N")),
      many([0x28] + [UInt8](repeating: 0x4E, count: 1_000) + text("t0"), 1_001),
      many(text("0") + one, 50_001, before: shared),
      [UInt8](repeating: 0x4E, count: 1 << 24 + 1),
    ]
  }()
}
