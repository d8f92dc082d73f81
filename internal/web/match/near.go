package match

// slips is how many slips of the pen a word of so many letters may have and still be
// taken for another.
func slips(letters int) int {
	switch {
	case letters < 4:
		return 0
	case letters < 7:
		return 1
	case letters < 11:
		return 2
	}
	return 3
}

// distance counts the slips between two words: a letter too many, missing, wrong, or two
// that changed places. With inside it is the least distance to any part of b. Beyond
// most it is only known to be more. rows are reused from call to call.
func distance(a, b []rune, inside bool, most int, rows *[3][]int) int {
	if !inside && (len(a)-len(b) > most || len(b)-len(a) > most) || inside && len(a)-len(b) > most {
		return most + 1
	}
	for i := range rows {
		if cap(rows[i]) < len(b)+1 {
			rows[i] = make([]int, 2*len(b)+1)
		}
		rows[i] = rows[i][:len(b)+1]
	}
	older, old, now := rows[0], rows[1], rows[2]
	for j := range now {
		now[j] = j
		if inside {
			now[j] = 0
		}
	}
	for i := 1; i <= len(a); i++ {
		older, old, now = old, now, older
		now[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			d := old[j-1]
			if a[i-1] != b[j-1] {
				d++
			}
			d = min(d, old[j]+1, now[j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] && a[i-1] != a[i-2] {
				d = min(d, older[j-2]+1)
			}
			now[j] = d
			least = min(least, d)
		}
		if least > most {
			return most + 1
		}
	}
	if !inside {
		return now[len(b)]
	}
	best := now[0]
	for _, d := range now {
		best = min(best, d)
	}
	return best
}
