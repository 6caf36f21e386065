/// Which Pinion this is.
public enum PinionVersion {
  /// The version, as in the changelog: `0.1.0-dev` before the first release.
  public static let text = "0.1.0-dev"
}
