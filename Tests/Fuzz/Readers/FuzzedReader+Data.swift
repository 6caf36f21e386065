import Foundation
import PinionData
import PinionTensor
import PinionTestSupport

/// Readers of data sets.
extension FuzzedReader {
  static let data: [FuzzedReader] = [
    FuzzedReader("idx", .gzip(.idx)) { _ in
      let image = [0, 0, 8, 3] + [2, 2, 3].flatMap { Endian.big($0, 4) } + [UInt8](0..<12)
      let labels = [0, 0, 8, 1] + Endian.big(4, 4) + [0, 1, 2, 9]
      return [
        image, labels, gzip(image), gzip(labels, level: 0), gzip(labels) + [0, 0, 0],
        gzip(Array(labels[..<7])) + gzip(Array(labels[7...])),
      ]
    } refusals: { _ in
      let labels = [0, 0, 8, 1] + Endian.big(4, 4) + [0, 1, 2, 9]
      return [
        labels + [0], Array(labels.dropLast()), gzip(labels) + [1, 2], gzip(labels + [0]),
        Array(gzip(labels).dropLast(9)), [0, 0, 8, 1] + Endian.big(1 << 30, 4), [0, 0, 9, 1],
        [0, 1],
        gzip([0, 0, 8, 1] + Endian.big(1 << 30, 4)),
        gzip(labels)[..<20] + [1, 2, 3, 4, 5, 6, 7, 8],
      ]
    } read: { url in
      var array: IDXArray?
      if try Expect.isRefused(url, by: { array = try IDXArray(contentsOf: url, rank: 3) }) {
        array = try IDXArray(contentsOf: url, rank: 1)
      }
      guard let array else { return }
      try Expect.that(IDXArray(contentsOf: url, shape: array.shape) == array, "the array differs")
      try Expect.refusal(of: "another shape", url) {
        let other = Shape([array.shape[0] + 1] + array.shape.dimensions.dropFirst())
        _ = try IDXArray(contentsOf: url, shape: other)
      }
    },
    FuzzedReader("gzip", .gzip(nil)) { _ in
      let text = Array("some contents, some contents".utf8)
      var named = gzip([1, 2, 3])
      // Extra field, name, comment and the header's checksum.
      named[3] = 0x1E
      var fields = Array(named[..<10]) + [2, 0, 7, 7] + Array("name".utf8) + [0]
      fields += Array("comment".utf8) + [0]
      fields += Endian.little(Endian.crc32(fields), 2)
      let labels = [0, 0, 8, 1] + Endian.big(4, 4) + [0, 1, 2, 9]
      return [
        gzip([]), gzip(text), gzip(text, level: 0), gzip(text) + gzip(text) + [0, 0, 0],
        fields + named[10...], gzip([UInt8](repeating: 0, count: 100_000), level: 9), text,
        gzip(labels), gzip(labels + [0]), gzip(Array(labels.dropLast())), gzip(Array("a\nb".utf8)),
      ]
    } read: { url in
      let reader = try GzipReader(url)
      var buffer = [UInt8](repeating: 0, count: 1 << 12)
      // What small files unpack to is bounded by their readers.
      for _ in 0..<256 {
        let count = try buffer.withUnsafeMutableBytes { bytes throws(FileError) in
          try reader.read(into: bytes)
        }
        if count < buffer.count { break }
      }
      // The contents are perhaps labels, or names.
      _ = try Expect.isRefused(url) { _ = try IDXArray(contentsOf: url, rank: 1) }
      _ = try Expect.isRefused(url) {
        let names = CIFARLabel(name: "label", classNames: ["a", "b"], namesFile: "file")
        try names.checkNames(in: url.deletingLastPathComponent())
      }
    },
    FuzzedReader("cifar", .gzip(nil), tokens: ["apples\n", "\n", "\r\n"]) { _ in
      let records = (0..<2).flatMap {
        [UInt8($0), UInt8(3 * $0)] + [UInt8](repeating: 7, count: 3072)
      }
      return [records, gzip(records), Array("a\nb\nc\nd\n".utf8)]
    } read: { url in
      let folder = url.deletingLastPathComponent()
      guard
        try Expect.isRefused(
          url,
          by: {
            let part = CIFARFormat.Part(name: "file", count: 2)
            let format = CIFARFormat(part: part, namesFile: "absent")
            let data = try format.load(from: folder, label: 1)
            let (train, test) = try (Expect.samples(of: data.train), Expect.samples(of: data.test))
            try Expect.same(train, test, "the same file, read twice,")
          })
      else { return }
      try CIFARLabel.pair(namesFile: "file")[1].checkNames(in: folder)
    } once: { url in
      let folder = url.deletingLastPathComponent()
      let format = CIFARFormat(part: .init(name: "absent", count: 2), namesFile: "absent")
      try Expect.refusal(of: "an absent file", url) { _ = try format.load(from: folder) }
    },
    FuzzedReader(
      "csv", .gzip(nil), tokens: ["\"", "\"\"", ",", "\r\n", "NA", "nan", "\u{FEFF}", ";"],
      seeds: { _ in CSVSeeds.valid }, refusals: { _ in CSVSeeds.refusals }, read: CSVBody.read,
      once: CSVBody.misuse),
  ]
}

extension CIFARFormat {
  /// A data set whose training and test data are the same file, of records with two labels.
  fileprivate init(part: Part, namesFile: String) {
    self.init(
      title: "CIFAR", folderName: "cifar", archive: "cifar.tar.gz", downloadName: "cifar",
      training: [part], test: part,
      labels: CIFARLabel.pair(namesFile: namesFile))
  }
}

extension CIFARLabel {
  fileprivate static func pair(namesFile: String) -> [CIFARLabel] {
    [
      CIFARLabel(name: "coarse label", classNames: ["a", "b"], namesFile: namesFile),
      CIFARLabel(name: "fine label", classNames: ["a", "b", "c", "d"], namesFile: namesFile),
    ]
  }
}
