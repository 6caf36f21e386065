internal import FoundationEssentials
internal import PinionTensor

/// One of the label bytes at the start of each record of a CIFAR file.
struct CIFARLabel {
  /// As in `fine label`.
  let name: String
  /// The classes' names in the order of their indices.
  let classNames: [String]
  /// The file of the names, one a line, that lies beside the images.
  let namesFile: String

  /// Throws `FileError` unless the names in `folder` are ``classNames``, or no file is there.
  func checkNames(in folder: URL) throws(FileError) {
    guard let url = DatasetLocator.file(namesFile, in: folder) else { return }
    let reader = try GzipReader(url)
    let text = String(decoding: try reader.read(upTo: 1 << 16), as: UTF8.self)
    try reader.expectEnd(place: "after the names")
    let names = text.split(whereSeparator: \.isNewline).map(String.init)
    guard names.count == classNames.count else {
      throw FileError(
        file: url.path, place: "the names", expected: "\(classNames.count)",
        found: "\(names.count)")
    }
    for (index, (name, expected)) in zip(names, classNames).enumerated() where name != expected {
      throw FileError(
        file: url.path, place: "name \(index)", expected: "\"\(expected)\"", found: "\"\(name)\"")
    }
  }
}
