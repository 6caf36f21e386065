/// How far a file is.
public struct DownloadProgress: Sendable, Equatable {
  /// What is being done with a file.
  public enum Phase: Sendable, Equatable {
    /// Its bytes are arriving.
    case receiving
    /// An attempt failed; the next one starts after these seconds, because of this error.
    case waiting(seconds: Double, DownloadError)
    /// Its checksum is being computed.
    case verifying
    /// It is an archive, and is being unpacked.
    case unpacking
    /// It is in place.
    case finished
  }

  /// What is being done.
  public let phase: Phase
  /// The file.
  public let file: RemoteFile
  /// The bytes that are here; while unpacking, those that came out of the archive.
  public let completed: Int
  /// The bytes that there will be.
  public let total: Int
}
