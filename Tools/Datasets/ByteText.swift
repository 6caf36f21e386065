internal import PinionTensor

/// Numbers of bytes for people: `26.4 MB`, a megabyte being 10⁶ bytes.
enum ByteText {
  static func megabytes(_ bytes: Double) -> String {
    NumberText.fixed(bytes / 1e6, decimals: 1)
  }

  static func size(_ bytes: Int) -> String { megabytes(Double(bytes)) + " MB" }
}
