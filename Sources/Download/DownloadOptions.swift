/// How patient a downloader is.
public struct DownloadOptions: Sendable {
  /// Attempts for each file, the first included. Default: 5.
  public var attempts = 5

  /// The seconds in which at least ``minimumBytes`` must arrive, or else the attempt fails. Default: 30.
  public var stallTimeout = 30.0

  /// The bytes that must arrive in each ``stallTimeout``. Default: 4096.
  public var minimumBytes = 4096

  /// The seconds before the second attempt; each further pause is twice as long, and none longer than
  /// 60. Default: 1.
  public var firstPause = 1.0

  /// Redirections that are followed for one file. Default: 10.
  public var redirections = 10

  /// Waits for some seconds; tests replace it.
  package var sleep: @Sendable (Double) async throws -> Void = {
    try await Task.sleep(for: .seconds($0))
  }

  /// The default patience.
  public init() {}

  /// The pause after the attempt with the given number, from 1; a server may ask for a longer one, up
  /// to a minute.
  func pause(after attempt: Int, atLeast least: Int?) -> Double {
    var pause = firstPause
    for _ in 1..<max(1, min(attempt, 64)) { pause *= 2 }
    let shortest = Double(max(0, least ?? 0))
    // Also if it is not a number.
    return min(60, pause > shortest ? pause : shortest)
  }
}
