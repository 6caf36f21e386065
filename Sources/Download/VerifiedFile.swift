public import FoundationEssentials

/// A file of a data set that was found to be right, and how.
public struct VerifiedFile: Sendable, Equatable {
  /// How a file was found to be right.
  public enum Evidence: Sendable, Equatable {
    /// It has the published checksum.
    case checksum
    /// It was packed anew, or unpacked, and its contents have the published file's checksum.
    case contentsChecksum
    /// No checksum of it is published; it was read, and its size and all its labels are right.
    case structure
  }

  /// The file.
  public let url: URL
  /// How it was found to be right.
  public let evidence: Evidence
  /// The checksum's algorithm, and so what it is worth; nil for ``Evidence/structure``.
  public let algorithm: ChecksumAlgorithm?
}
