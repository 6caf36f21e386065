package import FoundationEssentials

/// Where downloaded data sets lie, each in a subfolder.
package enum DatasetCache {
  /// `pinion` in `$XDG_CACHE_HOME` or else in `~/.cache`; nil if neither has an absolute path.
  package static func folder(environment: [String: String]) -> URL? {
    let cache =
      folder(named: "XDG_CACHE_HOME", environment)
      ?? folder(named: "HOME", environment)?.appending(path: ".cache")
    return cache?.appending(path: "pinion", directoryHint: .isDirectory)
  }

  /// The folder in a variable; nil if it holds no absolute path in UTF-8. Other bytes have become replacement
  /// characters, and files would lie in a folder of another name.
  static func folder(named variable: String, _ environment: [String: String]) -> URL? {
    guard let value = environment[variable], value.hasPrefix("/"), !value.contains("\u{fffd}")
    else { return nil }
    return URL(filePath: value, directoryHint: .isDirectory)
  }
}
