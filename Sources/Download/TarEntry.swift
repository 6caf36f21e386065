/// What an archive says about one of its entries.
struct TarEntry: Equatable {
  enum Kind: Equatable {
    case file
    case directory
  }

  let kind: Kind
  /// The path's components, none of which is empty, `.` or `..`; none for the archive's root.
  let path: [String]
  /// The number of bytes of a file.
  let size: Int
}
