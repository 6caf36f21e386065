/// Pictures and pages of finished runs.
enum ReportModule {}
