//! What the kernel tells of processes: CPU time and peak memory.

use std::fs;

/// Hundredths of a second of CPU that a process and all its descendants have used.
pub fn cpu_ticks(pid: u32) -> u64 {
    let own = fs::read_to_string(format!("/proc/{pid}/stat")).ok().and_then(|stat| {
        // The name in parentheses may hold spaces; user and system time are fields 14 and 15.
        let rest = stat.rsplit_once(')')?.1.to_owned();
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // With the waited-for children, which the database ends and starts anew.
        (11..15).map(|index| fields.get(index)?.parse::<u64>().ok()).sum::<Option<u64>>()
    });
    own.unwrap_or(0) + children(pid).into_iter().map(cpu_ticks).sum::<u64>()
}

fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return found };
    for task in tasks.flatten() {
        let list = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        found.extend(list.split_whitespace().filter_map(|text| text.parse::<u32>().ok()));
    }
    found
}

/// Peak resident memory of a process in MiB.
pub fn peak_mb(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}
