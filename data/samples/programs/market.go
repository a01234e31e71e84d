// A market in which the shepherds and the merchants meet.
// Each shepherd is a goroutine, and the table between them is a channel.
package main

import (
	"fmt"
	"sync"
)

// A Cheese has a maker and a weight in pounds.
type Cheese struct {
	Maker  string
	Pounds int
}

// Price is six pence the pound, and one penny less for a large one.
func (c Cheese) Price() int {
	price := 6 * c.Pounds
	if c.Pounds > 5 {
		price--
	}
	return price
}

// sell puts cheeses on the table, one after another.
func sell(maker string, weights []int, table chan<- Cheese, done *sync.WaitGroup) {
	defer done.Done()
	for _, pounds := range weights {
		table <- Cheese{Maker: maker, Pounds: pounds}
	}
}

func main() {
	table := make(chan Cheese)
	var shepherds sync.WaitGroup

	shepherds.Add(2)
	go sell("Anna", []int{2, 4, 7}, table, &shepherds)
	go sell("Old Tom", []int{3, 3}, table, &shepherds)

	// When the last shepherd has gone home, the market closes.
	go func() {
		shepherds.Wait()
		close(table)
	}()

	earned := map[string]int{}
	for cheese := range table {
		earned[cheese.Maker] += cheese.Price()
	}
	fmt.Printf("Anna has %d pence, Old Tom has %d pence.\n", earned["Anna"], earned["Old Tom"])
}
