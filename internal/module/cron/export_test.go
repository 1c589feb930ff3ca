package cron

import "fmt"

// Parse gives what a mask means as five numbers, or what is wrong with it.
func Parse(s string) string {
	d, problem := parseSpec(s)
	if problem != "" {
		return "error " + problem
	}
	return fmt.Sprint(d.minute, d.hour, d.day, d.month, d.weekday)
}
